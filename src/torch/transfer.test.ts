import { describe, expect, it } from 'vitest';
import { tensor } from './functional.ts';
import { native } from './native.ts';
import { memory } from './system.ts';
import { Download, Upload } from './transfer.ts';

const devices = native.cudaDevices().length > 0 ? ['cpu', 'cuda:0'] : ['cpu'];

describe.each(devices)('transfers on %s', (device) => {
  it('bring numbers to the device, into memory that stays where it is', () => {
    const upload = new Upload(5, device);
    upload.send(Int32Array.of(1, 2, 3));
    expect(upload.target.toArray()).toEqual([1, 2, 3, 0, 0]);
    upload.send(Int32Array.of(7, -8));
    expect(upload.target.toArray()).toEqual([7, -8, 3, 0, 0]);
    upload.dispose();
  });

  it('fetch the numbers of the moment, though read after the next are on their way', () => {
    const before = memory().tensors;
    const download = new Download(4, device);
    const source = tensor(Float32Array.of(1, 2, 3, 4), [2, 2], { device });
    const first = download.begin(source);
    source.fill_(5);
    const second = download.begin(source);
    expect([...first()]).toEqual([1, 2, 3, 4]);
    expect([...second()]).toEqual([5, 5, 5, 5]);
    source.dispose();
    download.dispose();
    expect(memory().tensors).toBe(before);
  });
});
