using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Tells which manifests an account has had: from its row, where the newest stand, else by at most two point reads.
/// </summary>
internal sealed class TrailReader(IDataStore data, AccountRows rows, AccountState state)
{
    private Chunk? _newest;
    private Chunk? _last;

    /// <summary>Whether the account has had a manifest, so that what its commit wrote has happened.</summary>
    public async ValueTask<Confirmation> ConfirmAsync(ManifestPlace place, CancellationToken ct)
    {
        var (version, hash) = place;
        if (version > state.ManifestVersion) return Confirmation.Open;
        if (IsInGap(version)) return Confirmation.Unproved;
        if (version >= state.Trail.First) return Of(state.Trail.Has(version, hash));
        if (state.Trail.Chunk is not { } name) return Confirmation.Never;
        _newest ??= await data.FindAsync(rows, Table.Trails, name, ct);
        if (_newest is null) return Confirmation.Unseen;
        if (version < (_newest.Before.IsEmpty ? _newest.First : _newest.Before[0].First)) return Confirmation.Never;
        // Entries of one item are mostly near one another.
        if (_last is null || version < _last.First || version > Trail.Version(_last.Entries[^1].Span))
            _last = await data.FindHoldingAsync(rows, Table.Trails, _newest, version, ct);
        return _last is null ? Confirmation.Unseen : Of(_last.Entries.Any(e => Trail.Is(e.Span, version, hash)));
    }

    /// <summary>
    /// The hashes of the manifests from a version on, up to the one before the current; fewer where older ones are not
    /// kept, and without those in gaps. Null where another commit has replaced a chunk since the account row was read.
    /// </summary>
    public async ValueTask<IReadOnlyList<Hash256>?> FindFromAsync(ulong version, int most, CancellationToken ct)
    {
        var hashes = new List<Hash256>();
        if (version < state.Trail.First && state.Trail.Chunk is { } name)
        {
            if (await data.FindAsync(rows, Table.Trails, name, ct) is not { } newest) return null;
            for (var i = 0; i < newest.Before.Length && hashes.Count < most; i++)
            {
                var end = i + 1 < newest.Before.Length ? newest.Before[i + 1].First : newest.First;
                if (end <= version) continue;
                if (await data.FindAsync(rows, Table.Trails, newest.Before[i].Name, ct) is not { } chunk) return null;
                Take(chunk.Entries);
            }

            Take(newest.Entries);
        }

        Take(state.Trail.Entries().Select(e => e.Entry));
        return hashes;

        void Take(IEnumerable<ReadOnlyMemory<byte>> entries) => hashes.AddRange(
            entries.Select(e => Trail.Place(e.Span))
                .Where(place => place.Version >= version && place.Version < state.ManifestVersion
                    && !IsInGap(place.Version))
                .Select(place => place.Hash).Take(most - hashes.Count));
    }

    private bool IsInGap(ulong version)
    {
        foreach (var gap in state.Gaps) if (gap.From <= version && version <= gap.To) return true;
        return false;
    }

    private static Confirmation Of(bool isThere) => isThere ? Confirmation.Happened : Confirmation.Never;
}

/// <summary>What an account's trail says of a commit.</summary>
internal enum Confirmation
{
    /// <summary>Its commit came to pass.</summary>
    Happened,

    /// <summary>It did not, and never will.</summary>
    Never,

    /// <summary>It lies in a gap that a repair left: nobody can tell.</summary>
    Unproved,

    /// <summary>It may still come.</summary>
    Open,

    /// <summary>
    /// The chunk that would tell is not seen: another commit has replaced it since the account row was read, or a
    /// replica is behind. Whoever took that for a no would delete what is kept.
    /// </summary>
    Unseen,
}
