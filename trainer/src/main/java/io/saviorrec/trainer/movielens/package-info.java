@NullMarked
package io.saviorrec.trainer.movielens;

import org.jspecify.annotations.NullMarked;
