@NullMarked
package io.saviorrec.trainer.data;

import org.jspecify.annotations.NullMarked;
