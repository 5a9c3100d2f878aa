import * as z from "zod";

/**
 * An object schema that makes the schemas of its fields when it is first used. There are more than a
 * hundred of them in the records of a team, and a command that ends after a few milliseconds of work
 * reads two or three of these records.
 */
export function lazyObject<Shape extends z.core.$ZodLooseShape>(
  fields: () => Shape,
): z.ZodObject<z.core.util.Writeable<Shape>> {
  let shape: Shape | undefined;
  return new z.ZodObject({
    type: "object",
    get shape() {
      return shape ??= fields();
    },
  }) as z.ZodObject<z.core.util.Writeable<Shape>>;
}
