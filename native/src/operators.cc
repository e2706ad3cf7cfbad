// Every operator of torch through one function: looked up by schema name, converted by its schema, called boxed.

#include "instance.h"

namespace aha {

namespace {

c10::OperatorName parseName(const std::string& name) {
  const auto dot = name.find('.', name.find("::") == std::string::npos ? 0 : name.find("::"));
  if (dot == std::string::npos) return {name, ""};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string schemaText(const Operator& op) {
  std::ostringstream text;
  text << op.handle.schema();
  return text.str();
}

// operator(name) → index for call(); throws where this torch has no such operator.
napi_value resolve(const Args& args) {
  Instance& instance = Instance::of(args.env);
  const std::string name = toString(args.env, args[0]);
  const auto known = instance.operatorIndex.find(name);
  if (known != instance.operatorIndex.end()) return fromInt64(args.env, known->second);
  const auto handle = c10::Dispatcher::singleton().findSchema(parseName(name));
  if (!handle) throw BoundaryError("this torch has no operator \"" + name + "\"");
  Operator op{*handle, name, {}};
  for (const auto& argument : op.handle.schema().arguments()) op.arguments.push_back(specFor(argument));
  const auto index = static_cast<uint32_t>(instance.operators.size());
  instance.operators.push_back(std::move(op));
  instance.operatorIndex.emplace(name, index);
  return fromInt64(args.env, index);
}

napi_value has(const Args& args) {
  return fromBool(args.env, c10::Dispatcher::singleton().findSchema(parseName(toString(args.env, args[0]))).has_value());
}

napi_value names(const Args& args) {
  std::vector<std::string> result;
  for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) {
    if (!c10::Dispatcher::singleton().findSchema(name)) continue;
    result.push_back(name.overload_name.empty() ? name.name : name.name + "." + name.overload_name);
  }
  return fromVector(args.env, result, [&](const std::string& name) { return fromString(args.env, name); });
}

Operator& operatorAt(const Args& args) {
  Instance& instance = Instance::of(args.env);
  const int64_t index = toInt64(args.env, args[0]);
  if (index < 0 || static_cast<size_t>(index) >= instance.operators.size()) throw BoundaryError("not an operator");
  return instance.operators[static_cast<size_t>(index)];
}

// schema(index) → {text, arguments: [{name, type, optional, hasDefault}], returns: [type]}
napi_value schema(const Args& args) {
  const napi_env env = args.env;
  const Operator& op = operatorAt(args);
  napi_value result;
  check(env, napi_create_object(env, &result));
  setProperty(env, result, "text", fromString(env, schemaText(op)));
  setProperty(env, result, "arguments", fromVector(env, op.handle.schema().arguments(), [&](const c10::Argument& argument) {
    napi_value object;
    check(env, napi_create_object(env, &object));
    setProperty(env, object, "name", fromString(env, argument.name()));
    setProperty(env, object, "type", fromString(env, argument.real_type()->str()));
    setProperty(env, object, "optional", fromBool(env, specFor(argument).optional));
    setProperty(env, object, "hasDefault", fromBool(env, argument.default_value().has_value()));
    return object;
  }));
  setProperty(env, result, "returns", fromVector(env, op.handle.schema().returns(), [&](const c10::Argument& value) {
    return fromString(env, value.real_type()->str());
  }));
  return result;
}

c10::IValue argumentFor(const Args& args, Instance& instance, const Operator& op, size_t position) {
  const napi_env env = args.env;
  const ArgumentSpec& spec = op.arguments[position];
  const size_t given = position + 1;  // args[0] is the operator
  if (given < args.count) {
    double handle;
    // Most arguments are tensors, whose handles are recognised without asking for the value's type.
    if (spec.kind == Kind::Tensor && napi_get_value_double(env, args[given], &handle) == napi_ok &&
        instance.tensors.owns(handle)) {
      return instance.tensors.at(handle);
    }
    if (typeOf(env, args[given]) != napi_undefined) return toIValue(env, instance, args[given], spec);
  }
  if (spec.absent) return *spec.absent;
  throw BoundaryError("missing");
}

[[noreturn]] void rethrowNamed(const Operator& op, const std::string& what, const std::string& where = "") {
  throw BoundaryError(op.name + ": " + where + what + "\n  schema: " + schemaText(op));
}

void pushArguments(const Args& args, Instance& instance, const Operator& op, torch::jit::Stack& stack) {
  if (args.count - 1 > op.arguments.size()) {
    rethrowNamed(op, "takes at most " + std::to_string(op.arguments.size()) + " arguments, got " +
                         std::to_string(args.count - 1));
  }
  stack.reserve(op.arguments.size());
  for (size_t i = 0; i < op.arguments.size(); ++i) {
    try {
      stack.push_back(argumentFor(args, instance, op, i));
    } catch (const BoundaryError& error) {
      const auto& argument = op.handle.schema().arguments()[i];
      rethrowNamed(op, error.what(), "argument \"" + argument.name() + "\" (" + argument.real_type()->str() + "): ");
    }
  }
}

napi_value fromStack(napi_env env, Instance& instance, torch::jit::Stack& stack) {
  if (stack.empty()) return undefined(env);
  if (stack.size() == 1) return fromIValue(env, instance, std::move(stack.front()));
  return fromVector(env, stack, [&](const c10::IValue& value) { return fromIValue(env, instance, value); });
}

// call(index, ...arguments) → the result, an array of results, or undefined for none.
napi_value call(const Args& args) {
  Instance& instance = Instance::of(args.env);
  const Operator& op = operatorAt(args);
  torch::jit::Stack stack = std::move(instance.stack);
  pushArguments(args, instance, op, stack);
  try {
    op.handle.callBoxed(stack);
  } catch (const c10::Error& error) {
    rethrowNamed(op, withoutBackends(error.what_without_backtrace()));
  } catch (const std::exception& error) {
    rethrowNamed(op, error.what());
  }
  const napi_value result = fromStack(args.env, instance, stack);
  stack.clear();
  instance.stack = std::move(stack);
  return result;
}

}  // namespace

void exportOperators(napi_env env, napi_value exports) {
  exportFunction<resolve>(env, exports, "operator");
  exportFunction<has>(env, exports, "hasOperator");
  exportFunction<names>(env, exports, "operatorNames");
  exportFunction<schema>(env, exports, "schema");
  exportFunction<call>(env, exports, "call");
}

}  // namespace aha
