import type { Hdf5Module } from "./hdf5_module.ts";

const PAGE_BYTES = 65536;

/** Bounds the memory of the HDF5 library: sizes that lie, and lists that run in circles, would fill all of it. */
export interface MemoryLimit {
  /** From here on the library may hold this many bytes beyond what it had when it was loaded. */
  set(bytes: number): void;
}

/**
 * The library keeps its memory to itself. It is caught at a growth that is provoked here, and from then on asks before it
 * grows; an allocation that is refused is an error that the library handles.
 */
export function limitMemory(module: Hdf5Module): MemoryLimit {
  const memory = memoryOf(module);
  const loaded = memory.buffer.byteLength;
  const grow = memory.grow.bind(memory);
  let most = loaded;
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * PAGE_BYTES > most) throw new RangeError(`more than ${most} bytes of memory`);
    return grow(pages);
  };
  return {
    set(bytes) {
      most = loaded + bytes;
    },
  };
}

function memoryOf(module: Hdf5Module): WebAssembly.Memory {
  const { prototype } = WebAssembly.Memory;
  const { grow } = prototype;
  const grown: WebAssembly.Memory[] = [];
  prototype.grow = function (this: WebAssembly.Memory, pages: number) {
    grown.push(this);
    return grow.call(this, pages);
  };
  try {
    module._free(module._malloc(module.HEAPU8.length));
  } finally {
    prototype.grow = grow;
  }
  if (grown.length === 0) throw new Error("the memory of the HDF5 library did not grow");
  return grown[0];
}
