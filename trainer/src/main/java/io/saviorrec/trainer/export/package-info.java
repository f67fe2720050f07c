/// From trained modules to a bundle that a server can trust.
@NullMarked
package io.saviorrec.trainer.export;

import org.jspecify.annotations.NullMarked;
