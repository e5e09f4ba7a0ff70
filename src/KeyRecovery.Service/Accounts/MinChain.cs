using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// The newest link, remembered in the key row, where a data store that was restored from a backup cannot forget it.
/// </summary>
/// <param name="Place">The link.</param>
/// <param name="ManifestVersion">The manifest's version at it.</param>
/// <param name="TrustedTo">The largest sequence at or before which all that was active was trusted.</param>
/// <param name="Active">Who was active, ascending; at most 32.</param>
/// <param name="Keys">The newest restore of keys when it was written; null where there was none.</param>
public sealed record MinChain(
    ChainPlace Place, ulong ManifestVersion, ulong TrustedTo, ImmutableArray<AuthorityId> Active, RestoreId? Keys)
{
    private const int Fields = 6;

    /// <summary>Of an account as it is.</summary>
    /// <param name="state">The account.</param>
    /// <param name="keys">The newest restore of keys.</param>
    /// <param name="now">The server's clock.</param>
    internal static MinChain Of(AccountState state, RestoreId? keys, Moment now)
    {
        // Who stands in link 0 is never young.
        var firstYoung = state.Authorities.Values.Where(a => a.IsYoung(now) && a.AddedAt > 0)
            .Min(a => (ulong?)a.AddedAt);
        return new MinChain(
            state.Chain, state.ManifestVersion, firstYoung - 1 ?? state.Chain.Sequence, [.. state.Authorities.Keys],
            keys);
    }

    /// <summary>Whether an account lacks the remembered link: its data went back.</summary>
    internal static bool IsBehind(MinChain? min, AccountState state) =>
        min is { Place: var place } && state.Supersedes != place
            && (state.Lacks == place || state.Chain.Sequence < place.Sequence
                || (state.Chain.Sequence == place.Sequence && state.Chain.Hash != place.Hash));

    internal static void Write(CborOut writer, MinChain? min)
    {
        writer.Array(min is null ? 0 : Fields);
        if (min is null) return;
        writer.UInt(min.Place.Sequence).Bytes(min.Place.Hash).UInt(min.ManifestVersion).UInt(min.TrustedTo)
            .Array(min.Active.Length);
        foreach (var id in min.Active) writer.Bytes(id);
        writer.Bytes(min.Keys is { } keys ? keys.ToArray() : []);
    }

    internal static MinChain? Read(CborIn reader)
    {
        if (reader.Array(0, Fields) == 0) return null;
        var place = new ChainPlace(reader.UInt(), reader.Hash());
        var (version, trustedTo) = (reader.UInt(), reader.UInt());
        var active = ImmutableArray.CreateBuilder<AuthorityId>(reader.Array(0, Limits.Authorities));
        for (var left = active.Capacity; left > 0; left--) active.Add(reader.Authority());
        var keys = reader.BytesView(0, RestoreId.Size);
        return new MinChain(
            place, version, trustedTo, active.MoveToImmutable(), keys.IsEmpty ? null : new RestoreId(keys.Span));
    }
}
