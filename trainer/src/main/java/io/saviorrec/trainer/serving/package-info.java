/// The command-line client of a running server: `score`, `items put` and `items get`.
@NullMarked
package io.saviorrec.trainer.client;

import org.jspecify.annotations.NullMarked;
