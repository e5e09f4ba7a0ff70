using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Commits;

/// <summary>
/// The one loop of all who change an account that there is: builds a commit on the vault as it is known, sends it, and
/// builds it anew on what another device made of the vault meanwhile.
/// </summary>
/// <param name="account">The account.</param>
/// <param name="realms">Hears of each link; null where whoever commits tells the realms.</param>
internal sealed class Committer(IKnownAccount account, RealmKeeper? realms = null)
{
    private const int Rounds = 32;
    private const int Restores = 3;

    /// <summary>Commits.</summary>
    /// <param name="build">Builds the commit, told what came of the one before it in this call.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    /// <param name="signer">Who signs the request; null for whoever reads the account.</param>
    /// <param name="token">The app's token, where it asks for one beside a slot's signature; else null.</param>
    /// <param name="mends">Whether the commit mends a vault that does not open: another such is built upon.</param>
    public async Task<Sent> RunAsync(
        Func<Sent?, Task<Built>> build, CancellationToken ct, DeviceKeys? signer = null, string? token = null,
        bool mends = false)
    {
        // A restored server takes nothing, and no item ahead of a commit either, before somebody has brought what it
        // lacks; that may have been done since.
        if (account.Behind is not null && await account.RefreshAsync(ct) is { } unread
            && !(mends && unread is ClientFailure.Spoiled)) return new Sent.Refused(unread);
        if (account.Behind is { } behind) return new Sent.Refused(behind);
        Sent? last = null;
        var missing = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var built = await build(last);
            if (built is Built.Over over) return over.Sent;
            last = await SendAsync(((Built.Commit)built).Bundle, signer ?? account.Keys, token, mends, ct);
            if (last is not (Sent.Stale or Sent.Missing)) return last;
            if (last is Sent.Missing && ++missing > Restores) return last;
        }
        return new Sent.Refused(new ClientFailure.Transient("other devices keep changing the account", null));
    }

    private async Task<Sent> SendAsync(
        CommitBundle commit, DeviceKeys signer, string? token, bool mends, CancellationToken ct)
    {
        var told = commit.Link is null ? null : realms?.Realms;
        var outcome = Outcome.Of(
            await account.CommitAsync(commit, signer, token, ct), ClientJson.Default.HeadsJson);
        if (outcome.Problem is { } said && account.HearHead(said) is { } lie) return new Sent.Unknown(lie);
        switch (outcome)
        {
            // A server that lost something is repaired by the refresh; the change is then built anew as after a race.
            case { Problem.Type: ProblemTypes.StaleVersion or ProblemTypes.RepairRequired or ProblemTypes.VaultLost }:
                if (await account.RefreshAsync(ct) is { } unread && !(mends && unread is ClientFailure.Spoiled))
                    return outcome is Outcome<HeadsJson>.Refused ? new Sent.Refused(unread) : new Sent.Unknown(unread);
                if (IsThere(commit)) return await DoneAsync(told, ct);
                return account.Behind is { } behind ? new Sent.Refused(behind) : new Sent.Stale();
            case { Problem: { Type: ProblemTypes.Refused, Details: { Field: "items", Rule: { } rule } } }
                when rule == RuleWords.Of(ProtocolFault.ItemHash):
                return new Sent.Missing(outcome.Failure!);
            case Outcome<HeadsJson>.Refused:
                return new Sent.Refused(outcome.Failure!);
            case Outcome<HeadsJson>.Done { Told: var heads }:
                return await account.AcceptOwnAsync(commit, heads, ct) is { } failure
                    ? new Sent.Unknown(failure)
                    : await DoneAsync(told, ct);
            default:
                return await Outcome.IsFoundAsync(
                    async end => await account.RefreshAsync(end) is null && IsThere(commit), ct)
                    ? await DoneAsync(told, ct)
                    : new Sent.Unknown(outcome.Failure!);
        }
    }

    // A link is news to the realms, also to those of a passphrase that it removed; anything else once an hour.
    private async Task<Sent> DoneAsync(IReadOnlyList<Hash256>? told, CancellationToken ct)
    {
        if (realms is not null && (told is not null || realms.AreDue)) await realms.FollowAsync(told ?? [], ct);
        return new Sent.Done();
    }

    private bool IsThere(CommitBundle commit) => account.Vault.Manifest.Hash == commit.Manifest.Hash
        || (commit.Link is { } link && account.Vault.Chain.Contains(new ChainPlace(link.Link.Sequence, link.Hash)));
}
