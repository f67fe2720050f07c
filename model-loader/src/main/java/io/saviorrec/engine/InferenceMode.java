package io.saviorrec.engine;

import ai.djl.engine.Engine;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// libtorch's inference mode of the calling thread: what is computed in it can never take part in
/// autograd, so operations skip its dispatch. For small tensors that is a fifth of their time.
///
/// DJL turns gradients off but knows no inference mode, and libtorch's guard for it is inline, so
/// this does what `c10/core/InferenceMode.h` does, by the functions that the guard calls. The
/// numbers of the dispatch keys belong to one version of libtorch; with another one, or where the
/// functions are not to be found, models run as they would without it.
final class InferenceMode {
  private static final Logger log = LoggerFactory.getLogger(InferenceMode.class);

  /// The version whose `c10/core/DispatchKey.h` has these numbers.
  private static final String VERSION = "2.7.1";

  private static final short IN_PLACE_OR_VIEW = 21;

  /// Autograd of usual tensors, of others and of nested ones.
  private static final List<Short> AUTOGRAD = List.of((short) 23, (short) 22, (short) 24);

  // Bits of `c10::AutogradState`: gradients, inference, forward gradients, multithreading.
  private static final byte INFERENCE = 0b0010;
  private static final byte USUAL = 0b1101;

  private final MethodHandle on;
  private final MethodHandle off;
  private final MethodHandle isOn;

  private InferenceMode(MethodHandle on, MethodHandle off, MethodHandle isOn) {
    this.on = on;
    this.off = off;
    this.isOn = isOn;
  }

  /// That of the engine's libtorch; empty where it has none that is known.
  static Optional<InferenceMode> ofEngine() {
    String version = Engine.getEngine("PyTorch").getVersion();
    Optional<InferenceMode> mode =
        version.equals(VERSION) ? of(SymbolLookup.loaderLookup()) : Optional.empty();
    if (mode.isEmpty()) {
      log.info("libtorch {} runs without inference mode, and small requests take longer", version);
    }
    return mode;
  }

  @SuppressWarnings("restricted") // every program starts with --enable-native-access
  static Optional<InferenceMode> of(SymbolLookup symbols) {
    Optional<MemorySegment> state = symbols.find("_ZN3c1013AutogradState13set_tls_stateES0_");
    Optional<MemorySegment> include =
        symbols.find("_ZN3c104impl29tls_set_dispatch_key_includedENS_11DispatchKeyEb");
    Optional<MemorySegment> exclude =
        symbols.find("_ZN3c104impl29tls_set_dispatch_key_excludedENS_11DispatchKeyEb");
    Optional<MemorySegment> enabled = symbols.find("_ZN3c1013InferenceMode10is_enabledEv");
    if (state.isEmpty() || include.isEmpty() || exclude.isEmpty() || enabled.isEmpty()) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor ofState = FunctionDescriptor.ofVoid(ValueLayout.JAVA_BYTE);
    FunctionDescriptor ofKey =
        FunctionDescriptor.ofVoid(ValueLayout.JAVA_SHORT, ValueLayout.JAVA_BOOLEAN);
    FunctionDescriptor asks = FunctionDescriptor.of(ValueLayout.JAVA_BOOLEAN);
    MethodHandle setState = linker.downcallHandle(state.get(), ofState);
    MethodHandle setIncluded = linker.downcallHandle(include.get(), ofKey);
    MethodHandle setExcluded = linker.downcallHandle(exclude.get(), ofKey);
    return Optional.of(
        new InferenceMode(
            steps(setState, setIncluded, setExcluded, true),
            steps(setState, setIncluded, setExcluded, false),
            linker.downcallHandle(enabled.get(), asks)));
  }

  /// All that turns it on or off, as one function without arguments.
  private static MethodHandle steps(
      MethodHandle setState, MethodHandle setIncluded, MethodHandle setExcluded, boolean on) {
    MethodHandle all = MethodHandles.insertArguments(setState, 0, on ? INFERENCE : USUAL);
    all = after(all, MethodHandles.insertArguments(setIncluded, 0, IN_PLACE_OR_VIEW, !on));
    for (short key : AUTOGRAD) {
      all = after(all, MethodHandles.insertArguments(setExcluded, 0, key, on));
    }
    return all;
  }

  private static MethodHandle after(MethodHandle first, MethodHandle next) {
    return MethodHandles.foldArguments(next, first);
  }

  /// Turns it on or off for the calling thread.
  void set(boolean wanted) {
    try {
      if (wanted) {
        on.invokeExact();
      } else {
        off.invokeExact();
      }
    } catch (Throwable e) {
      throw new IllegalStateException("libtorch's inference mode cannot be set", e);
    }
  }

  /// Whether it is on for the calling thread.
  boolean isOn() {
    try {
      return (boolean) isOn.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("libtorch's inference mode cannot be read", e);
    }
  }
}
