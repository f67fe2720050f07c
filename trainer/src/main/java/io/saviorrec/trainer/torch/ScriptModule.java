package io.saviorrec.trainer.torch;

import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.Interruption;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.FloatType;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.IntType;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;

/// A TorchScript module whose methods are compiled from source text, with the parameters and
/// buffers that this process gave it.
///
/// The same text runs in training and, saved as an archive, in serving. Parameters are kept on the
/// Java side as well, by dotted name, because libtorch's own parameter lists are not safe to walk
/// from Java.
public final class ScriptModule {
  private final JitModule module;
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> buffers = new LinkedHashMap<>();

  private ScriptModule(JitModule module) {
    this.module = module;
  }

  /// An empty module of a TorchScript class of this name.
  public ScriptModule(String className) {
    this(new JitModule(new QualifiedName("__torch__." + className), new CompilationUnit()));
  }

  /// Reads a saved archive; its parameters are not listed, it can only be called.
  public static ScriptModule load(Path archive) {
    return new ScriptModule(
        torch.load(archive.toString(), new DeviceOptional(Compute.current().device()), true));
  }

  /// A tensor of this name, of a module that was loaded, too; nothing where it has none.
  public Optional<Tensor> tensor(String name) {
    return module.hasattr(name) ? Optional.of(module.attr(name).toTensor()) : Optional.empty();
  }

  /// Adds a trainable parameter with this initial value.
  public Tensor parameter(String name, Tensor initial) {
    Tensor leaf = Compute.placed(initial.detach());
    // In-place methods return a second pointer to the same native object, not an owner: it must not
    // be kept.
    leaf.set_requires_grad(true);
    leaf.retainReference();
    module.register_parameter(name, leaf, false);
    parameters.put(name, leaf);
    return leaf;
  }

  /// Adds a tensor that is saved but not trained.
  public Tensor buffer(String name, Tensor initial) {
    Tensor value = Compute.placed(initial);
    value.retainReference();
    module.register_buffer(name, value);
    buffers.put(name, value);
    return value;
  }

  public void attribute(String name, long value) {
    module.register_attribute(
        name, new Type.TypePtr((Type) IntType.getIntTypePtr().get()), new IValue(value));
  }

  public void attribute(String name, double value) {
    module.register_attribute(
        name, new Type.TypePtr((Type) FloatType.getFloatTypePtr().get()), new IValue(value));
  }

  public void submodule(String name, ScriptModule child) {
    module.register_module(name, child.module);
    child.parameters.forEach((key, tensor) -> parameters.put(name + "." + key, tensor));
    child.buffers.forEach((key, tensor) -> buffers.put(name + "." + key, tensor));
  }

  /// Compiles methods from TorchScript source text. Submodules are called as
  /// `self.child.forward(x)`.
  public ScriptModule define(String source) {
    module.define(source);
    return this;
  }

  /// Compiles the methods of a resource on the class path, for instance `torchscript/ranker.py`.
  public ScriptModule defineResource(String resource) {
    return define(text(resource));
  }

  /// Compiles the methods of several resources, which may call each other, as one text.
  public ScriptModule defineResources(List<String> resources) {
    return define(resources.stream().map(ScriptModule::text).collect(Collectors.joining("\n\n")));
  }

  private static String text(String resource) {
    try (InputStream in = ScriptModule.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no TorchScript source " + resource + " on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// Calls a method. Arguments are tensors, integers, floating-point numbers or booleans.
  ///
  /// Every computation of a run comes through here many times a second, so it is where a run stops
  /// when the process is asked to end.
  public IValue call(String method, Object... arguments) {
    Interruption.check();
    // Compiling for speed costs more than it gives for calls as short as these. libtorch keeps this
    // setting by thread.
    torch.setGraphExecutorOptimize(false);
    IValueVector inputs = new IValueVector();
    for (Object argument : arguments) {
      inputs.push_back(value(argument));
    }
    return module.get_method(method).apply(inputs);
  }

  /// Calls a method that returns one tensor.
  public Tensor callTensor(String method, Object... arguments) {
    return call(method, arguments).toTensor();
  }

  /// Calls a method that returns a tensor or a tuple of tensors.
  public List<Tensor> callTensors(String method, Object... arguments) {
    IValue result = call(method, arguments);
    if (result.isTensor()) {
      return List.of(result.toTensor());
    }
    var elements = result.toTuple().elements();
    List<Tensor> tensors = new ArrayList<>();
    for (long i = 0; i < elements.size(); i++) {
      tensors.add(elements.get(i).toTensor());
    }
    return tensors;
  }

  private static IValue value(Object argument) {
    return switch (argument) {
      case Tensor tensor -> new IValue(tensor);
      case Integer number -> new IValue((long) number);
      case Long number -> new IValue((long) number);
      case Double number -> new IValue((double) number);
      case Boolean flag -> new IValue((boolean) flag);
      default ->
          throw new IllegalArgumentException("no TorchScript value for " + argument.getClass());
    };
  }

  /// Trainable parameters by dotted name, in the order in which they were added.
  public Map<String, Tensor> parameters() {
    return Collections.unmodifiableMap(parameters);
  }

  /// The parameter of this dotted name.
  public Tensor parameter(String name) {
    Tensor tensor = parameters.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "no parameter " + name + "; there are " + parameters.keySet());
    }
    return tensor;
  }

  /// The buffer of this dotted name.
  public Tensor buffer(String name) {
    Tensor tensor = buffers.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no buffer " + name + "; there are " + buffers.keySet());
    }
    return tensor;
  }

  /// A whole number that a loaded archive's module has as an attribute.
  public long whole(String name) {
    return module.attr(name).toInt();
  }

  /// Buffers by dotted name, in the order in which they were added.
  public Map<String, Tensor> buffers() {
    return Collections.unmodifiableMap(buffers);
  }

  /// Writes the archive that `torch.jit.load`, DJL and [#load] read, whole or not at all.
  ///
  /// libtorch writes it to memory, by way of a link of the archive's own name, which it puts
  /// inside.
  public void save(Path archive) {
    module.eval();
    if (Compute.current() == Compute.CPU) {
      write(archive);
      return;
    }
    // A server without the device must be able to read it.
    module.to(Compute.CPU.device(), false);
    write(archive);
    module.to(Compute.current().device(), false);
  }

  private void write(Path archive) {
    Path target = archive.toAbsolutePath();
    Path folder = Objects.requireNonNull(target.getParent());
    long bytes = 0;
    try (MemoryFile memory = MemoryFile.create()) {
      Path draft = Files.createTempDirectory(folder, ".draft-");
      Path link = draft.resolve(Objects.requireNonNull(target.getFileName()));
      Path copy = draft.resolve("copy");
      try {
        Files.createSymbolicLink(link, memory.path());
        module.save(link.toString());
        bytes = Files.size(memory.path());
        try (OutputStream out = Files.newOutputStream(copy)) {
          Files.copy(memory.path(), out);
        }
        Files.move(copy, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(copy);
        Files.deleteIfExists(link);
        Files.delete(draft);
      }
    } catch (IOException e) {
      throw DiskFault.writing(archive, bytes, e);
    }
  }
}
