using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Linking;

/// <summary>
/// Rows of the relay on a store. Their places are keyed hashes, their values sealed under a key of the server: who
/// has the data store alone learns no account, no network, no envelope and no token's hash.
/// </summary>
internal sealed class LinkRows(IDataStore data, ReadOnlyMemory<byte> lookupKey, IRandom random) : IDisposable
{
    private readonly SecretBytes _sealKey =
        Kdf.Derive(lookupKey.Span, "keyrecovery/server/v1/link-rows"u8, SecretBox.KeySize);

    public RowIds Ids { get; } = new(lookupKey);

    public IDataStore Data => data;

    /// <summary>A session, or null where there is none.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask<(Row Stored, LinkRelaySession Session)?> FindAsync(RowKey key, CancellationToken ct) =>
        await data.ReadAsync(key, ct).ConfigureAwait(false) is { } row
            ? (row, LinkRelaySession.Decode(Open(row))) : null;

    /// <inheritdoc cref="FindAsync(RowKey, CancellationToken)"/>
    public ValueTask<(Row Stored, LinkRelaySession Session)?> FindAsync(LinkSessionId id, CancellationToken ct) =>
        FindAsync(Ids.LinkSession(id), ct);

    /// <summary>The row of a message's place.</summary>
    public static RowKey MessageOf(RowKey session, LinkSide side, int sequence) =>
        RowIds.LinkMessage(session, (byte)side, (byte)sequence);

    /// <exception cref="RowDamagedException">It does not open.</exception>
    public byte[] Open(Row row) => RowSeal.TryOpen(_sealKey.Span, row.Key, row.Version, row.Value.Span)
        ?? throw new RowDamagedException(row.Key.Table);

    /// <summary>Writes a row over what was read there; creates it where nothing was.</summary>
    public RowWrite Write(RowKey key, Row? was, ReadOnlySpan<byte> value)
    {
        var stored = RowSeal.Seal(_sealKey.Span, key, (was?.Version ?? 0) + 1, value, random);
        return was is null ? new RowWrite.Create(key, stored) : new RowWrite.Replace(was, stored);
    }

    /// <summary>Does one step; false where it is refused.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot do it, or may have done it.</exception>
    public async ValueTask<bool> TryAsync(RowWrite write, CancellationToken ct) =>
        await data.WriteAsync([write], ct).ConfigureAwait(false) switch
        {
            WriteResult.Unavailable(_, var reason) =>
                throw new StoreUnavailableException(reason, "a link session cannot be written"),
            WriteResult.Refused => false,
            _ => true,
        };

    /// <summary>
    /// Takes a session away: its row first, by which its messages are found no more, then they, then what leads to
    /// it. False where the row was written meanwhile, and nothing was done.
    /// </summary>
    public async ValueTask<bool> TryRemoveAsync(Row stored, LinkRelaySession session, CancellationToken ct)
    {
        if (!await TryAsync(new RowWrite.Delete(stored), ct).ConfigureAwait(false)) return false;
        await ClearAsync(stored.Key, session.Opening, ct).ConfigureAwait(false);
        return true;
    }

    /// <summary>Takes away what a session has beside its row: messages and its name.</summary>
    public async ValueTask ClearAsync(RowKey key, LinkOpening opening, CancellationToken ct)
    {
        await ClearMessagesAsync(key, ct).ConfigureAwait(false);
        if (opening.Typed is { } typed) await ReleaseNameAsync(typed.Name, opening.Id, ct).ConfigureAwait(false);
    }

    /// <summary>Takes away the messages of a session that is gone; those of a side have no gap.</summary>
    public async ValueTask ClearMessagesAsync(RowKey key, CancellationToken ct)
    {
        var removals = new List<RowWrite>();
        foreach (var side in Enum.GetValues<LinkSide>())
        {
            for (var i = 0; i < LinkRelayLimits.MessagesPerSide; i++)
            {
                var message = MessageOf(key, side, i);
                if (await data.HeadAsync(message, ct).ConfigureAwait(false) is null) break;
                removals.Add(new RowWrite.Remove(message));
            }
        }

        // The last first: whoever is cut short leaves no gap, behind which nobody would look.
        removals.Reverse();
        if (removals.Count > 0
            && await data.WriteAsync(removals, ct).ConfigureAwait(false) is WriteResult.Unavailable(_, var reason))
            throw new StoreUnavailableException(reason, "the messages of a link session cannot be deleted");
    }

    /// <summary>Lets a nameplate go that leads to this session.</summary>
    public async ValueTask ReleaseNameAsync(string nameplate, LinkSessionId session, CancellationToken ct)
    {
        if (await data.ReadAsync(Ids.LinkName(nameplate), ct).ConfigureAwait(false) is not { } row
            || LinkNameRow.Decode(Open(row)).Session != session) return;
        await TryAsync(new RowWrite.Delete(row), ct).ConfigureAwait(false);
    }

    public void Dispose() => _sealKey.Dispose();
}
