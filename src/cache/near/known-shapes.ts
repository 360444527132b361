const MAX_SHAPES = 4096;
const MAX_KEY_LENGTH = 64;

/**
 * The keys that an object has got so far, in their order. V8 describes them once for all objects that got the same ones:
 * a description that only one object has takes several times what the object itself takes.
 */
class Shape {
  private lastKey: string | undefined;
  private last: Shape | undefined;
  private others: Map<string, Shape> | undefined;

  /** The shape with one key more, where it is known. */
  with(key: string): Shape | undefined {
    // Most objects of a service look like the one before.
    return key === this.lastKey ? this.last : this.others?.get(key);
  }

  add(key: string): Shape {
    if (this.lastKey !== undefined) {
      this.others ??= new Map();
      this.others.set(this.lastKey, this.last!);
    }
    this.lastKey = key;
    return (this.last = new Shape());
  }
}

/** The shapes of the objects that were kept lately. */
export class KnownShapes {
  private count = 0;
  private root = new Shape();

  /** The shape of an object without keys. */
  get empty(): Shape {
    return this.root;
  }

  /** Notes a shape with one key more. */
  add(shape: Shape, key: string): Shape {
    if (key.length > MAX_KEY_LENGTH) return new Shape();
    if (++this.count > MAX_SHAPES) {
      this.count = 0;
      this.root = new Shape();
    }
    return shape.add(key);
  }
}
