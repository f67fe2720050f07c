/// What goes to a running server and how its answers are shown.
///
/// It owns the making of requests from data sets and files, and the table of a ranking. It calls
/// nobody: commands and the demo do, by the client module.
@NullMarked
package io.saviorrec.trainer.serving;

import org.jspecify.annotations.NullMarked;
