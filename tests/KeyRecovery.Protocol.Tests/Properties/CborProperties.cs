using CsCheck;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Properties;

public class CborProperties
{
    /// <summary>What a document may hold, so that a reader knows what is due, as in a real format.</summary>
    private abstract record Node
    {
        public sealed record Number(ulong Value) : Node;

        public sealed record Blob(byte[] Value) : Node;

        public sealed record Words(string Value) : Node;

        public sealed record List(Node[] Value) : Node;
    }

    private static readonly string[] SomeWords = ["", "a", "häkelnadel", "鍵", "🔑", new('x', 300)];

    private static readonly Gen<Node> AnyLeaf = Gen.OneOf(
        Gen.OneOf(Gen.ULong[0, 300], Gen.ULong[0, CborOut.MaxInteger]).Select(value => (Node)new Node.Number(value)),
        Gen.Byte.Array[0, 300].Select(value => (Node)new Node.Blob(value)),
        Gen.Int[0, SomeWords.Length - 1].Select(at => (Node)new Node.Words(SomeWords[at])));

    private static readonly Gen<Node> AnyDocument = Documents(CborOut.MaxDepth);

    private static Gen<Node> Documents(int depth) => depth == 0
        ? AnyLeaf
        : Gen.Frequency((2, AnyLeaf),
            (3, Gen.Int[1, depth].SelectMany(step => Documents(depth - step).Array[0, 4])
                .Select(value => (Node)new Node.List(value))));

    [Fact]
    public void What_was_written_is_read() => AnyDocument.Sample(document =>
    {
        var bytes = Write(document);
        Assert.Equal(bytes, Write(Read(document, bytes)));
    });

    /// <summary>One value, one spelling: else two clients could see the same object under two hashes.</summary>
    [Fact]
    public void Whatever_is_accepted_is_the_only_spelling_and_all_else_is_a_format_error()
    {
        var accepted = 0;
        Gen.Select(AnyDocument, Gen.Int[0, 3], Gen.Int[0, int.MaxValue], Gen.Byte).Sample(
            (document, kind, at, value) =>
            {
                var bytes = Mutate(Write(document), kind, at, value);
                Node read;
                try
                {
                    read = Read(document, bytes);
                }
                catch (WireFormatException)
                {
                    return;
                }

                Interlocked.Increment(ref accepted);
                Assert.Equal(bytes, Write(read));
            },
            iter: 20_000);
        Assert.True(accepted > 1000, "mutations inside of strings are still documents");
    }

    [Fact]
    public void Random_bytes_never_throw_anything_but_a_format_error() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[0, 9].Array[1, 12]).Sample(
            (bytes, calls) =>
            {
                var reader = new CborIn(bytes);
                foreach (var call in calls)
                {
                    // Goes on after an error, as no reader would: that must not break out either.
                    var error = Record.Exception(() => Call(reader, call));
                    Assert.True(error is null or WireFormatException, error?.ToString());
                }
            },
            iter: 10_000);

    private static void Call(CborIn reader, int call)
    {
        switch (call)
        {
            case 0: reader.Array(2); break;
            case 1: reader.Array(0, int.MaxValue); break;
            case 2: reader.Label("x"); break;
            case 3: reader.Text(0, int.MaxValue); break;
            case 4: reader.Bytes(0, int.MaxValue); break;
            case 5: reader.BytesView(0, 16); break;
            case 6: reader.UInt(); break;
            case 7: reader.Hash(); break;
            case 8: reader.Account(); break;
            default: reader.End(); break;
        }
    }

    private static byte[] Mutate(byte[] bytes, int kind, int at, byte value)
    {
        var index = at % bytes.Length;
        var list = bytes.ToList();
        switch (kind)
        {
            case 0: list[index] = value; break;
            case 1: list.Insert(index, value); break;
            case 2: list.RemoveAt(index); break;
            default: list[index] ^= (byte)(1 << (value & 7)); break;
        }

        return [.. list];
    }

    private static byte[] Write(Node node)
    {
        var writer = new CborOut();
        Write(writer, node);
        return writer.ToArray();
    }

    private static void Write(CborOut writer, Node node)
    {
        switch (node)
        {
            case Node.Number number: writer.UInt(number.Value); break;
            case Node.Blob blob: writer.Bytes(blob.Value); break;
            case Node.Words words: writer.Text(words.Value); break;
            case Node.List list:
                writer.Array(list.Value.Length);
                foreach (var element in list.Value) Write(writer, element);
                break;
        }
    }

    private static Node Read(Node shape, byte[] bytes)
    {
        var reader = new CborIn(bytes);
        var read = Read(reader, shape);
        reader.End();
        return read;
    }

    private static Node Read(CborIn reader, Node shape) => shape switch
    {
        Node.Number => new Node.Number(reader.UInt()),
        Node.Blob => new Node.Blob(reader.Bytes(0, 400)),
        Node.Words => new Node.Words(reader.Text(0, 400)),
        Node.List list => new Node.List(ReadList(reader, list)),
        _ => throw new InvalidOperationException(),
    };

    private static Node[] ReadList(CborIn reader, Node.List shape)
    {
        reader.Array(shape.Value.Length);
        return [.. shape.Value.Select(element => Read(reader, element))];
    }
}
