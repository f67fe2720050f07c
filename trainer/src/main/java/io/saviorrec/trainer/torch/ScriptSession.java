package io.saviorrec.trainer.torch;

import io.saviorrec.contract.ArchiveSession;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/// A scope for some calls of one script module without gradients; closing it frees their tensors.
public final class ScriptSession implements ArchiveSession<Tensor>, AutoCloseable {
  private final ScriptModule module;
  private final PointerScope scope = new PointerScope();
  private final NoGradGuard noGradients = new NoGradGuard();

  public ScriptSession(ScriptModule module) {
    this.module = module;
  }

  @Override
  public Tensor longs(long[] values, long... shape) {
    return Tensors.longs(values, shape);
  }

  @Override
  public Tensor floats(float[] values, long... shape) {
    return Tensors.floats(values, shape);
  }

  @Override
  public Tensor booleans(boolean[] values, long... shape) {
    return Tensors.booleans(values, shape);
  }

  @Override
  public List<Tensor> call(String method, List<Tensor> inputs) {
    return module.callTensors(method, inputs.toArray());
  }

  @Override
  public long[] shape(Tensor tensor) {
    return tensor.shape();
  }

  @Override
  public float[] toFloats(Tensor tensor) {
    return Tensors.toFloats(tensor);
  }

  @Override
  public void close() {
    noGradients.close();
    scope.close();
  }
}
