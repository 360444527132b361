const MAX_SHAPES = 4096;
const MAX_KEY_LENGTH = 64;

/**
 * The keys of an object in insertion order, like a hidden class of V8. Objects with the same keys share one; a hidden class
 * that only one object has takes several times the memory of the object.
 */
class Shape {
  private lastKey: string | undefined;
  private last: Shape | undefined;
  private others: Map<string, Shape> | undefined;

  /** The shape with one more key, if it is known. */
  with(key: string): Shape | undefined {
    // Most objects have the same keys as the one before.
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

/** The shapes of recently stored objects. */
export class KnownShapes {
  private count = 0;
  private root = new Shape();

  /** The shape of an object without keys. */
  get empty(): Shape {
    return this.root;
  }

  /** Adds a shape with one more key. */
  add(shape: Shape, key: string): Shape {
    if (key.length > MAX_KEY_LENGTH) return new Shape();
    if (++this.count > MAX_SHAPES) {
      this.count = 0;
      this.root = new Shape();
    }
    return shape.add(key);
  }
}
