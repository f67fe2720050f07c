package io.saviorrec.trainer.pretrained;

import io.saviorrec.trainer.console.UserError;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/// Reads one pickle of the kind that PyTorch writes of state dicts: dictionaries, lists, texts,
/// numbers, and tensors as views of storages that lie elsewhere.
///
/// A pickle is a program, and unpickling runs whatever functions it names. Here none runs: the few
/// names that a state dict needs are understood, any other ends the reading with an error. What is
/// read are plain values: `Map`, `List`, `String`, `Long`, `BigInteger`, `Double`, `Boolean`,
/// [View], and [#NONE].
final class StateDictPickle {
  /// Python's None.
  static final Object NONE = new Object();

  private static final Object MARK = new Object();

  /// Numbers that lie outside of the pickle.
  ///
  /// @param elements how many they are
  record Storage(String key, ElementType type, long elements) {}

  /// A tensor.
  ///
  /// @param offset of its first element in the storage, in elements
  record View(Storage storage, long offset, List<Long> shape, List<Long> strides) {}

  /// The name of a class or function.
  private record Global(String module, String name) {
    @Override
    public String toString() {
      return module + "." + name;
    }
  }

  private final String file;
  private final ByteBuffer in;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private StateDictPickle(String file, ByteBuffer in) {
    this.file = file;
    this.in = in;
  }

  /// Reads the pickle at the buffer's position and leaves the position behind it.
  ///
  /// @param file what it is called where it is wrong
  static Object read(String file, ByteBuffer in) {
    try {
      return new StateDictPickle(file, in.order(ByteOrder.LITTLE_ENDIAN)).run();
    } catch (BufferUnderflowException e) {
      throw new UserError(file + " ends early: it is damaged or was not copied whole", e);
    } catch (IndexOutOfBoundsException | NoSuchElementException | ClassCastException e) {
      throw new UserError(file + " is not a file of weights, or is damaged", e);
    }
  }

  private Object run() {
    while (true) {
      int code = Byte.toUnsignedInt(in.get());
      switch (code) {
        case 0x80 -> in.get(); // PROTO
        case 0x95 -> in.getLong(); // FRAME
        case '.' -> { // STOP
          return pop();
        }
        case '(' -> push(MARK);
        case '0' -> pop(); // POP
        case '}' -> push(new LinkedHashMap<>());
        case ']' -> push(new ArrayList<>());
        case ')' -> push(List.of());
        case 't' -> push(popToMark()); // TUPLE
        case 0x85 -> push(popLast(1)); // TUPLE1
        case 0x86 -> push(popLast(2));
        case 0x87 -> push(popLast(3));
        case 'N' -> push(NONE);
        case 0x88 -> push(true); // NEWTRUE
        case 0x89 -> push(false);
        case 'K' -> push((long) Byte.toUnsignedInt(in.get())); // BININT1
        case 'M' -> push((long) Short.toUnsignedInt(in.getShort()));
        case 'J' -> push((long) in.getInt()); // BININT
        case 0x8a -> push(whole(Byte.toUnsignedInt(in.get()))); // LONG1
        case 'G' -> push(in.order(ByteOrder.BIG_ENDIAN).getDouble()); // BINFLOAT
        case 'X' -> push(text(in.getInt())); // BINUNICODE
        case 0x8c, 'U' ->
            push(text(Byte.toUnsignedInt(in.get()))); // SHORT_BINUNICODE, and Python 2's
        case 'T' -> push(text(in.getInt())); // BINSTRING
        case 'q' -> memo.put(Byte.toUnsignedInt(in.get()), top()); // BINPUT
        case 'r' -> memo.put(in.getInt(), top());
        case 0x94 -> memo.put(memo.size(), top()); // MEMOIZE
        case 'h' -> push(remembered(Byte.toUnsignedInt(in.get()))); // BINGET
        case 'j' -> push(remembered(in.getInt()));
        case 'a' -> append(popLast(1)); // APPEND
        case 'e' -> append(popToMark());
        case 's' -> put(popLast(2)); // SETITEM
        case 'u' -> put(popToMark());
        case 'c' -> push(new Global(line(), line())); // GLOBAL
        case 0x93 -> { // STACK_GLOBAL
          List<Object> name = popLast(2);
          push(new Global((String) name.get(0), (String) name.get(1)));
        }
        case 'Q' -> push(storage((List<?>) pop())); // BINPERSID
        case 'R' -> { // REDUCE
          List<?> arguments = (List<?>) pop();
          push(call((Global) pop(), arguments));
        }
        // What an ordered dictionary has besides its entries: a state dict's versions of layers.
        case 'b' -> pop();
        default ->
            throw new UserError("%s is not a file of weights, or is damaged".formatted(file));
      }
      in.order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private Object call(Global function, List<?> arguments) {
    return switch (function.toString()) {
      case "collections.OrderedDict" -> {
        if (!arguments.isEmpty()) {
          throw new UserError(file + " has an ordered dictionary of a kind that is not understood");
        }
        yield new LinkedHashMap<>();
      }
      case "torch._utils._rebuild_tensor_v2" ->
          new View(
              (Storage) arguments.get(0),
              (Long) arguments.get(1),
              longs(arguments.get(2)),
              longs(arguments.get(3)));
      case "torch._utils._rebuild_parameter" -> (View) arguments.getFirst();
      default -> throw refusal(function);
    };
  }

  private UserError refusal(Global function) {
    return new UserError(
        "%s calls %s, which no file of weights needs; nothing of it was run. Save the weights as safetensors"
            .formatted(file, function));
  }

  /// `('storage', class, key, device, elements)`; older files add what the storage is a part of.
  private Storage storage(List<?> id) {
    if (!id.getFirst().equals("storage") || (id.size() > 5 && !NONE.equals(id.get(5)))) {
      throw new UserError(file + " has a storage of a kind that is not understood");
    }
    Global type = (Global) id.get(1);
    ElementType known =
        ElementType.ofStorageClass(type.name())
            .filter(_ -> type.module().equals("torch"))
            .orElseThrow(
                () ->
                    new UserError(
                        "%s has numbers of the kind %s, which is not understood"
                            .formatted(file, type)));
    return new Storage((String) id.get(2), known, (Long) id.get(4));
  }

  private static List<Long> longs(Object tuple) {
    return ((List<?>) tuple).stream().map(Long.class::cast).toList();
  }

  private Object whole(int length) {
    byte[] little = bytes(length);
    byte[] big = new byte[length + 1];
    for (int i = 0; i < length; i++) {
      big[length - i] = little[i];
    }
    big[0] = (byte) (length > 0 && little[length - 1] < 0 ? -1 : 0);
    BigInteger number = new BigInteger(big);
    return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
  }

  private String text(int length) {
    return new String(bytes(length), StandardCharsets.UTF_8);
  }

  private byte[] bytes(int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (byte b = in.get(); b != '\n'; b = in.get()) {
      line.append((char) b);
    }
    return line.toString();
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object top() {
    return stack.getLast();
  }

  private Object pop() {
    return stack.remove(stack.size() - 1);
  }

  private List<Object> popLast(int count) {
    List<Object> last = stack.subList(stack.size() - count, stack.size());
    List<Object> popped = List.copyOf(last);
    last.clear();
    return popped;
  }

  private List<Object> popToMark() {
    List<Object> popped = popLast(stack.size() - 1 - stack.lastIndexOf(MARK));
    pop();
    return popped;
  }

  private Object remembered(int key) {
    Object value = memo.get(key);
    if (value == null) {
      throw new IndexOutOfBoundsException(key);
    }
    return value;
  }

  @SuppressWarnings("unchecked") // only lists of this reader are on the stack
  private void append(List<Object> values) {
    ((List<Object>) top()).addAll(values);
  }

  @SuppressWarnings("unchecked") // only maps of this reader are on the stack
  private void put(List<Object> pairs) {
    Map<Object, Object> target = (Map<Object, Object>) top();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      target.put(pairs.get(i), pairs.get(i + 1));
    }
  }
}
