using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// What a change is to tell its app, as it waits in the outbox and lies in the log's head. The kinds are plain, for
/// they are counted whatever became of the account; whom they concern is sealed.
/// </summary>
/// <param name="App">The app.</param>
/// <param name="Events">Its events, in their order; at least one.</param>
internal sealed record AppEventStub(string App, ImmutableArray<SealedEvent> Events)
{
    // A chain adds and removes fewer.
    private const int MaxEvents = 4096;

    /// <summary>The most bytes of an encoding.</summary>
    public const int MaxSize = 1024 * 1024;

    public byte[] Encode()
    {
        var writer = new CborOut().Array(2).Text(App).Array(Events.Length);
        foreach (var one in Events) one.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="WireFormatException">It is none.</exception>
    public static AppEventStub Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new CborIn(bytes);
        reader.Array(2);
        var app = reader.Text(1, Limits.AppIdLength);
        var events = ImmutableArray.CreateBuilder<SealedEvent>(reader.Array(1, MaxEvents));
        for (var left = events.Capacity; left > 0; left--) events.Add(SealedEvent.Read(reader));
        reader.End();
        return new AppEventStub(app, events.MoveToImmutable());
    }
}

/// <summary>An event as it is stored.</summary>
/// <param name="Kind">What.</param>
/// <param name="Of">The kind of the device or slot; null where it concerns none.</param>
/// <param name="KeyRow">The id of the account's key row, a keyed hash; empty where it concerns the app alone.</param>
/// <param name="Sealed">
/// Account and authority under the account's subject key, which an erasure destroys; of an erasure that is done its id,
/// under the server's own, as its receipt is; empty where it concerns the app alone.
/// </param>
internal readonly record struct SealedEvent(
    AppEventKind Kind, AuthorityKind? Of, ReadOnlyMemory<byte> KeyRow, ReadOnlyMemory<byte> Sealed)
{
    private const int MaxSealed = 128;

    /// <summary>Of the app alone.</summary>
    public static SealedEvent OfApp(AppEventKind kind) => new(kind, null, default, default);

    /// <summary>What it is sealed under, beside the key: the account's key row.</summary>
    public static RowKey PlaceOf(ReadOnlyMemory<byte> keyRow) => new(Table.AppPages, keyRow);

    public void Write(CborOut writer) => writer.Array(4).UInt((ulong)Kind).UInt((ulong)(Of ?? 0))
        .Bytes(KeyRow.Span).Bytes(Sealed.Span);

    /// <exception cref="WireFormatException">It is none.</exception>
    public static SealedEvent Read(CborIn reader)
    {
        reader.Array(4);
        var (kind, of) = ((AppEventKind)reader.UInt(byte.MaxValue), (AuthorityKind)reader.UInt(byte.MaxValue));
        WireFormatException.Require(
            Enum.IsDefined(kind) && (of == 0 || Enum.IsDefined(of)), "an event's kinds are known");
        return new SealedEvent(
            kind, of == 0 ? null : of, reader.Bytes(0, RowKey.MaxIdSize), reader.Bytes(0, MaxSealed));
    }
}
