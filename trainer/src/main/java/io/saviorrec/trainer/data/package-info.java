/// Data sets: [DataSet] is the door through which training, evaluation and commands read one, and
/// wires the rooms behind it.
///
/// The rooms: `table` reads and checks what stands in files, `prepare` makes training input of it
/// by SQL, `log` is that input. `table` and `log` know nothing of each other, `prepare` knows both,
/// and none knows this package. An open [DataSet] owns the embedded database. It may use these
/// rooms, `console`, the messages and, of `model-loader`, `feature`.
@NullMarked
package io.saviorrec.trainer.data;

import org.jspecify.annotations.NullMarked;
