package io.saviorrec.server.states;

import io.saviorrec.content.ImagePreprocessor;
import io.saviorrec.server.engine.ModelEngine;

/// One model's side of the items: what it knows, what it has computed, and how it encodes new ones.
public record ModelItems(
    KnownItems catalogue, ItemStates states, ModelEngine engine, ImagePreprocessor images) {}
