/// `savior demo`: every step from data to a scored feed, each by the command that a user would run.
@NullMarked
package io.saviorrec.trainer.demo;

import org.jspecify.annotations.NullMarked;
