# aha in a container, on the CPU. The commands are those of docs/install.md, which were run; the image itself is untested.
#
#   docker build -t aha .
#   docker run --rm -it -v "$PWD:/work" aha run r1-zero-tiny
#   docker run --rm -it -p 8000:8000 aha serve models/tiny-base --host 0.0.0.0 --allow-anonymous
#
# The sandbox of Python programs makes namespaces, which Docker's own filter denies: for the reward `code` add
# --security-opt seccomp=unconfined (docs/code.md).
FROM node:20-bookworm AS package
WORKDIR /src
# The packages first: they change less often than the sources.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm pack --pack-destination /tmp

FROM node:20-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libtorch-dev libopenblas0-openmp libgloo-dev bubblewrap python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/aha
COPY --from=package /tmp/aha-r1-aha-*.tgz /tmp/
RUN npm install --no-audit --no-fund /tmp/aha-r1-aha-*.tgz && npx --no-install aha setup
# What is written belongs to the user of the image, and lies in the folder that is mounted at /work.
RUN install -d -o node -g node /work
USER node
WORKDIR /work
ENTRYPOINT ["/opt/aha/node_modules/.bin/aha"]
CMD ["--help"]
