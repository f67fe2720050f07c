@NullMarked
package io.saviorrec.trainer.cli;

import org.jspecify.annotations.NullMarked;
