using System.Buffers.Binary;
using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Feed;

/// <summary>
/// Seals whom an event concerns, and opens it: account, authority (zeros where there is none) and, of an erasure, its
/// id; of one that is done that id alone, as nothing that is left leads to the account.
/// </summary>
internal static class AppEventSeal
{
    private const int IdSize = 16;
    private const int DaySize = sizeof(ulong);

    /// <summary>What a change tells its app; empty where that is nothing.</summary>
    /// <param name="app">The app.</param>
    /// <param name="keyRow">The account's key row.</param>
    /// <param name="account">The account.</param>
    /// <param name="parts">What is told.</param>
    /// <param name="erasure">The erasure that it is about; null where it is about none.</param>
    /// <param name="seal">Seals under the account's key.</param>
    public static byte[] Stub(
        string app, RowKey keyRow, AccountId account, ImmutableArray<AppEventPart> parts, ErasureId? erasure,
        Func<RowKey, byte[], byte[]> seal) => parts.IsEmpty ? [] : new AppEventStub(
            app, [.. parts.Select(part => Seal(keyRow, account, part, erasure, seal))]).Encode();

    /// <summary>One thing of it.</summary>
    public static SealedEvent Seal(
        RowKey keyRow, AccountId account, AppEventPart part, ErasureId? erasure, Func<RowKey, byte[], byte[]> seal) =>
        new(part.Kind, part.Of, keyRow.Id, seal(
            SealedEvent.PlaceOf(keyRow.Id),
            [.. account.ToArray(), .. part.Authority?.ToArray() ?? new byte[IdSize], .. erasure?.ToArray() ?? [],
                .. DayOf(part)]));

    /// <summary>That an erasure is done.</summary>
    /// <param name="app">The app.</param>
    /// <param name="keyRow">The account's key row.</param>
    /// <param name="erasure">The erasure.</param>
    /// <param name="seal">Seals under the server's key.</param>
    public static byte[] Erased(string app, RowKey keyRow, ErasureId erasure, Func<RowKey, byte[], byte[]> seal) =>
        new AppEventStub(app,
        [
            new SealedEvent(
                AppEventKind.Erased, null, keyRow.Id, seal(SealedEvent.PlaceOf(keyRow.Id), erasure.ToArray())),
        ]).Encode();

    /// <summary>Whom it concerns.</summary>
    public static (AccountId? Account, AuthorityId? Authority, ErasureId? Erasure, ulong? Day) Read(byte[]? opened)
    {
        if (opened is { Length: IdSize }) return (null, null, new ErasureId(opened), null);
        if (opened is not { Length: 2 * IdSize or 2 * IdSize + DaySize or 3 * IdSize }) return default;
        var authority = opened.AsSpan(IdSize, IdSize);
        return (
            new AccountId(opened.AsSpan(0, IdSize)),
            authority.ContainsAnyExcept((byte)0) ? new AuthorityId(authority) : null,
            opened.Length == 3 * IdSize ? new ErasureId(opened.AsSpan(2 * IdSize)) : null,
            opened.Length == 2 * IdSize + DaySize
                ? BinaryPrimitives.ReadUInt64BigEndian(opened.AsSpan(2 * IdSize)) : null);
    }

    private static byte[] DayOf(AppEventPart part)
    {
        if (part.Day is not { } day) return [];
        var bytes = new byte[DaySize];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, day);
        return bytes;
    }
}
