using System.Collections.Immutable;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery;

/// <summary>
/// What a revocation would do, to be shown to a person before it is done. It is made anew on what the account is then:
/// what a thief adds meanwhile goes too.
/// </summary>
/// <param name="Goes">Whom the link removes: those that were named, then what came in through them, the oldest first.
/// </param>
/// <param name="Stays">Only for stolen ones: who came in through them and stays all the same. Of these a code or
/// passphrase may be known to the thief, and is marked (<see cref="AuthorityInfo.Replace"/>).</param>
/// <param name="SlotsLeft">The codes and passphrases that are there afterwards. Where there is none, the account has no
/// way in but its devices: see <see cref="RevocationRequest.NewCode"/>.</param>
public sealed record RevocationPlan(
    ImmutableArray<RevocationEntry> Goes, ImmutableArray<RevocationEntry> Stays, ImmutableArray<AuthorityId> SlotsLeft)
{
    /// <summary>The ids of <see cref="Goes"/>.</summary>
    public ImmutableArray<AuthorityId> Remove => [.. Goes.Select(g => g.Id)];

    /// <summary>The notes that mark the slots of <see cref="Stays"/>.</summary>
    internal ImmutableArray<AuthorityNote> Marks(ManifestPrivate told) =>
    [
        .. Stays.Where(s => s.Kind != AuthorityKind.Device).Select(s => new AuthorityNote(
            s.Id, told.Authorities.FirstOrDefault(n => n.Id == s.Id)?.Name ?? "", Replace: true)),
    ];

    /// <summary>Plans on the account as the reader knows it.</summary>
    /// <param name="view">The reader's view.</param>
    /// <param name="request">Whom, and what stays.</param>
    /// <param name="signer">The slot that signs; null where the reader does.</param>
    internal static RevocationPlan Make(VaultView view, RevocationRequest request, AuthorityId? signer)
    {
        var chain = view.Newest.Chain;
        var stops = request.Keep.Select(id => (id, RevocationReason.Kept))
            .Concat(request.InHand.Select(proof => (proof.Slot, RevocationReason.InHand)))
            .Append((view.Keys.Id, RevocationReason.ThisDevice))
            .Concat(signer is { } by ? [(by, RevocationReason.Signs)] : [])
            .GroupBy(s => s.Item1, s => s.Item2).ToDictionary(g => g.Key, g => g.Last());
        var named = request.Ids.Where(id => id != view.Keys.Id && id != signer).ToImmutableHashSet();
        List<RevocationEntry> goes =
        [
            .. request.Ids.Distinct().Where(id => named.Contains(id) && chain.FindActive(id) is not null)
                .Select(id => Entry(view, id, RevocationReason.Named)),
        ];
        List<RevocationEntry> stays = [];
        if (request.Stolen) Follow();
        var gone = goes.Select(g => g.Id).ToHashSet();
        return new RevocationPlan(
            [.. goes], [.. stays], [.. chain.Active.Where(a => a.IsSlot && !gone.Contains(a.Id)).Select(a => a.Id)]);

        // In the order of the chain, who was added comes after who added it: one pass finds all. A slot passes it on
        // too, and so does one that is long gone: whoever held the device may have used either.
        void Follow()
        {
            var tainted = named.ToHashSet();
            foreach (var authority in chain.Authorities.Values.Where(a => a.AddedBy != a.Id).OrderBy(a => a.AddedAt))
            {
                if (named.Contains(authority.Id) || !tainted.Contains(authority.AddedBy)) continue;
                if (stops.TryGetValue(authority.Id, out var why))
                {
                    if (authority.IsActive) stays.Add(Entry(view, authority.Id, why));
                    continue;
                }
                tainted.Add(authority.Id);
                if (authority.IsActive)
                    goes.Add(Entry(view, authority.Id, named.Contains(authority.AddedBy)
                        ? RevocationReason.AddedByNamed : RevocationReason.AddedThroughOthers));
            }
        }
    }

    /// <summary>Somebody of the chain.</summary>
    internal static RevocationEntry Entry(VaultView view, AuthorityId id, RevocationReason reason)
    {
        var authority = view.Newest.Chain.Authorities[id];
        return new RevocationEntry(id, authority.Kind, view.NameOf(id), authority.AddedBy, reason);
    }
}
