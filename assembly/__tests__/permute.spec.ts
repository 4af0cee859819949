import { allocate, mark, release } from "../memory";
import { interleaveFour, permuteFour, transpose } from "../permute";

describe("permutations of four rows", () => {
  it("fetch the columns that the permutation names", () => {
    for (let columns = 1; columns <= 11; columns++) {
      for (let count = 1; count <= 4; count++) {
        const marked = mark();
        const stride = (columns + 3) & ~3;
        const w = allocate(<f64>stride * 16);
        const four = allocate(<f64>stride * 16);
        const out = allocate(<f64>stride * 16);
        const order = allocate(<f64>columns * 4);
        for (let r = 0; r < 4; r++)
          for (let j = 0; j < stride; j++) store<f32>(w + ((<usize>(r * stride + j)) << 2), <f32>(r * 100 + j));
        for (let j = 0; j < columns; j++) store<u32>(order + ((<usize>j) << 2), (j * 3 + 2) % columns);
        interleaveFour(w, count, columns, stride, four);
        permuteFour(four, order, columns, out, stride);
        let wrong = 0;
        for (let r = 0; r < 4; r++) {
          for (let j = 0; j < columns; j++) {
            const expected: f32 = r < count ? <f32>(r * 100 + ((j * 3 + 2) % columns)) : 0;
            if (load<f32>(out + ((<usize>(r * stride + j)) << 2)) != expected) wrong++;
          }
        }
        expect<i32>(wrong).toBe(0);
        release(marked);
      }
    }
  });
});

describe("transpose", () => {
  it("turns columns into rows and pads them with zeros", () => {
    for (let rows = 1; rows <= 9; rows++) {
      for (let columns = 1; columns <= 9; columns++) {
        const marked = mark();
        const stride = (rows + 3) & ~3;
        const w = allocate(<f64>(rows * columns) * 4 + 16);
        const out = allocate(<f64>(columns * stride) * 4);
        for (let i: usize = 0; i < <usize>(rows * columns); i++) store<f32>(w + (i << 2), <f32>i + 1);
        memory.fill(out, 7, (<usize>(columns * stride)) << 2);
        transpose(w, rows, columns, out, stride);
        let wrong = 0;
        for (let j = 0; j < columns; j++) {
          for (let i = 0; i < stride; i++) {
            const expected: f32 = i < rows ? <f32>(i * columns + j) + 1 : 0;
            if (load<f32>(out + ((<usize>(j * stride + i)) << 2)) != expected) wrong++;
          }
        }
        expect<i32>(wrong).toBe(0);
        release(marked);
      }
    }
  });
});
