using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Devices;

/// <summary>A change of an item that waits for the network.</summary>
/// <param name="Name">The item's name.</param>
/// <param name="Content">What is to be stored; null to remove it.</param>
/// <param name="Base">The item as this device knew it when the change was made; null where there was none.</param>
internal sealed record QueuedEdit(string Name, ReadOnlyMemory<byte>? Content, Hash256? Base)
{
    /// <summary>Whether the other asks for the same.</summary>
    public bool IsAs(QueuedEdit other) => Name == other.Name && Base == other.Base
        && Content.HasValue == other.Content.HasValue
        && Content.GetValueOrDefault().Span.SequenceEqual(other.Content.GetValueOrDefault().Span);
}

/// <summary>Changes that wait for the network, the oldest first; one for each name.</summary>
internal sealed record QueuedEdits(ImmutableArray<QueuedEdit> Edits)
{
    /// <summary>How many there are at most.</summary>
    public const int Most = 64;

    /// <summary>How many bytes they have at most, together: every save of the device's state writes them.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>Of a device where none wait.</summary>
    public static QueuedEdits None { get; } = new([]);

    /// <summary>How many bytes they have.</summary>
    public long Bytes => Edits.Sum(e => (long)(e.Content?.Length ?? 0));

    public QueuedEdit? Find(string name) => Edits.FirstOrDefault(e => e.Name == name);

    /// <summary>With more, perhaps too many. What waits already stays based on what it was based on.</summary>
    public QueuedEdits Add(ImmutableArray<QueuedEdit> more) => new(Without(more.Select(e => e.Name)).Edits
        .AddRange(more.Select(e => Find(e.Name) is { } waits ? e with { Base = waits.Base } : e)));

    public QueuedEdits Without(IEnumerable<string> names)
    {
        var gone = names.ToHashSet(StringComparer.Ordinal);
        return Edits.Any(e => gone.Contains(e.Name)) ? new([.. Edits.Where(e => !gone.Contains(e.Name))]) : this;
    }

    /// <summary>Without changes that were sent; what another process has put in the place of one waits on.</summary>
    public QueuedEdits Without(IReadOnlyList<QueuedEdit> sent) =>
        new([.. Edits.Where(e => !sent.Any(e.IsAs))]);

    public void Write(CborOut writer)
    {
        writer.Array(Edits.Length);
        foreach (var edit in Edits)
            writer.Array(4).Text(edit.Name).UInt(edit.Content is null ? 0UL : 1)
                .Bytes(edit.Content is { } content ? content.Span : [])
                .Bytes(edit.Base is { } hash ? hash.ToArray() : []);
    }

    public static QueuedEdits Read(CborIn reader)
    {
        var edits = ImmutableArray.CreateBuilder<QueuedEdit>();
        for (var left = reader.Array(0, Most); left > 0; left--)
        {
            reader.Array(4);
            var (name, isPut) = (reader.Text(1, Limits.NameBytes), reader.UInt() == 1);
            var (content, hash) = (reader.Bytes(0, MostBytes), reader.BytesView(0, Hash256.Size));
            edits.Add(new QueuedEdit(
                // Spelled out: a null would become an empty content.
                name, isPut ? content : default(ReadOnlyMemory<byte>?),
                hash.IsEmpty ? null : new Hash256(hash.Span)));
        }
        return edits.Count == 0 ? None : new QueuedEdits(edits.ToImmutable());
    }
}
