/// What was measured, for readers: text, JSON and a page for a browser.
///
/// Owns how numbers are written. May use `measure`; it measures nothing.
@NullMarked
package io.saviorrec.loadtest.report;

import org.jspecify.annotations.NullMarked;
