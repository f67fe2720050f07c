package io.saviorrec.engine;

import java.nio.file.Path;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IntType;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;

/// A program that writes archives of arithmetic so plain that tests can repeat it in Java.
///
/// It runs in a JVM of its own: its libtorch and the engine's must not meet.
final class TinyArchives {

  static final int Z_DIM = 4;
  static final int LEVELS = 2;
  static final int CODEBOOK_SIZE = 4;
  static final int STATE_WIDTH = 7;
  static final int USER_WIDTH = 2;

  // Element types have numbers only where there is no Python: 6 is float32, 4 is int64.
  private static final String ENCODER =
      """
      def forward(self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor) -> Tensor:
          image = images.to(6).mean([1, 2, 3]) / 255.0 * image_present.to(6)
          mask = token_mask.to(6)
          words = (token_ids.to(6) * mask).sum([1])
          z = torch.stack([image, words, torch.ones_like(words), mask.sum([1])], 1)
          return z / z.norm(2, [1], True)
      """;

  private static final String RQ =
      """
      def quantize(self, z: Tensor) -> Tensor:
          return torch.stack([(z[:, 0] * 3.99).to(4), (z[:, 1] > 0.5).to(4)], 1)
      def reconstruct(self, codes: Tensor) -> Tensor:
          return codes.to(6)
      """;

  private static final String MBA =
      """
      def align(self, z: Tensor, codes: Tensor) -> Tensor:
          return z + (codes * codes.lt(4)).to(6).sum([1], True) * 0.1
      """;

  private static final String RANKER =
      """
      def item_state(self, item_id: Tensor, stats: Tensor, features: Tensor, z: Tensor, codes: Tensor) -> Tensor:
          known = (item_id.clamp(0) % 10).to(6).unsqueeze(1)
          return torch.cat([known, stats, features.sum([1], True).to(6), z.sum([1], True), codes.sum([1], True).to(6)], 1)
      def resize_items(self, capacity: Tensor) -> Tensor:
          self.table = torch.zeros([int(capacity.item()), 7])
          return capacity
      def put_items(self, slots: Tensor, states: Tensor) -> Tensor:
          self.table.index_copy_(0, slots, states)
          return slots
      def prepare(self, precision: Tensor) -> Tensor:
          self.kind = 15 if int(precision.item()) == 1 else 6
          return precision
      def resize_users(self, capacity: Tensor) -> Tensor:
          self.users = torch.zeros([int(capacity.item()), 2])
          return capacity
      def put_users(self, changes: Tensor, items: Tensor) -> Tensor:
          slots = changes[:, 0]
          user = (changes[:, 5] % 10 + changes[:, 6:].sum([1])).to(6)
          rows = torch.embedding(self.table, items).sum([1])
          parts: List[int] = changes.flatten().tolist()
          at = 0
          for g in range(slots.size(0)):
              added = at + parts[g * changes.size(1) + 2]
              removed = added + parts[g * changes.size(1) + 3]
              history = self.users[int(changes[g, 1].item()), 0] + rows[at:added].sum() - rows[added:removed].sum()
              self.users[int(slots[g].item())] = torch.stack([history, user[g]])
              at = removed
          return items
      def score(self, users: Tensor, items: Tensor, pctr_base: Tensor) -> Tensor:
          rows = torch.embedding(self.table, items[:pctr_base.size(0)]).sum([1])
          user = torch.embedding(self.users, users[:, 0]).sum([1]).repeat_interleave(users[:, 1])
          base = torch.where(torch.isnan(pctr_base), torch.full_like(pctr_base, 0.5), pctr_base)
          return torch.sigmoid((rows + user) * 0.01 + base).to(self.kind).to(6)
      """;

  /// The file that loading `code_rq.pt` makes, in the folder of the archives.
  static final String TRACE = "trace";

  /// Runs when the archive is loaded, before anybody calls a method.
  private static final String LEAVES_A_TRACE =
      """
      def __getstate__(self) -> int:
          return 1
      def __setstate__(self, state: int) -> None:
          self.table = torch.from_file("FILE", True, 4, dtype=6)
          self.users = self.table
          self.kind = 6
      """;

  private TinyArchives() {}

  /// Writes the archives to the folder that the argument names.
  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    save(module("Encoder").source(ENCODER), folder.resolve("encoder.pt"));
    save(module("Rq").source(RQ), folder.resolve("rq.pt"));
    save(module("Mba").source(MBA), folder.resolve("mba.pt"));
    save(module("Ranker").source(RANKER), folder.resolve("ranker.pt"));
    save(
        module("Wide").source(RQ.replace("1)\n", "1).repeat([1, 2])\n")),
        folder.resolve("wide_rq.pt"));
    save(
        module("Beyond").source(RQ.replace("torch.stack(", "9 + torch.stack(")),
        folder.resolve("beyond_rq.pt"));
    save(
        withCode(
            module("Code").source(RQ),
            LEAVES_A_TRACE.replace("FILE", folder.resolve(TRACE).toString())),
        folder.resolve("code_rq.pt"));
    save(
        module("Crash").source(RANKER.replace("* 0.01 + base", "* 0.01 + base.view([3, 7])")),
        folder.resolve("crash_ranker.pt"));
    saveWrong(folder);
  }

  /// Archives that break their contract, for checks of bundles.
  private static void saveWrong(Path folder) {
    String[] rankerMethods = RANKER.split("(?=def put_users|def score)", -1);
    save(module("Few").source(rankerMethods[0]), folder.resolve("few_ranker.pt"));
    save(
        module("Nan").source(RANKER.replace("* 0.01 +", "* (self.table[0, 0] / 0.0) +")),
        folder.resolve("nan_ranker.pt"));
    save(
        module("Forgetful")
            .source(RANKER.replace("history = self.users", "history = 0.0 * self.users")),
        folder.resolve("forgetful_ranker.pt"));
    save(
        module("Double").source(RANKER.replace(".to(self.kind).to(6)", ".to(7)")),
        folder.resolve("double_ranker.pt"));
    save(
        module("Narrow").source(RQ.replace(", 1)\n", ", 1).to(3)\n")),
        folder.resolve("narrow_rq.pt"));
    save(
        module("Arity").source("def align(self, z: Tensor) -> Tensor:\n    return z\n"),
        folder.resolve("arity_mba.pt"));
    save(
        module("NotFinite").source(ENCODER.replace("return z /", "return z / 0.0 /")),
        folder.resolve("infinite_encoder.pt"));
  }

  private static JitModule withCode(JitModule module, String source) {
    module.define(source);
    return module;
  }

  private record Source(JitModule module) {
    JitModule source(String source) {
      module.define(source);
      return module;
    }
  }

  private static Source module(String name) {
    JitModule module = new JitModule(new QualifiedName("__torch__." + name), new CompilationUnit());
    module.register_buffer("table", torch.zeros(1, STATE_WIDTH));
    module.register_buffer("users", torch.zeros(1, USER_WIDTH));
    module.register_attribute(
        "kind", new Type.TypePtr((Type) IntType.getIntTypePtr().get()), new IValue(6L));
    return new Source(module);
  }

  private static void save(JitModule module, Path file) {
    module.eval();
    module.save(file.toString());
  }
}
