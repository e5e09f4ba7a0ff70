using System.Collections.Immutable;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Restores;

/// <summary>What an open account does about a restored server: tells it, and goes on.</summary>
internal sealed class RestoreEditor(KeyRecoveryOptions options, VaultState state)
{
    private Comparison? _told;

    /// <summary>What was known and is not there, the newest last.</summary>
    public ImmutableArray<RestoreConflictInfo> Conflicts => state.Read(open =>
    {
        var (replaced, now) = (state.Replaced, open.Vault);
        // Each has to be opened, with its whole chain: once for as long as nothing changes.
        if (_told is not { } told || told.Replaced != replaced || told.Now != now)
            _told = told = new Comparison(
                replaced, now, [.. replaced.Select(r => RestoreTelling.Of(options, state.Keys, r, now))]);
        return told.Told;
    });

    /// <summary>What the account waits for; null where it waits for nothing.</summary>
    public BehindInfo? Behind => state.Read(open => RestoreTelling.Behind(open.Vault, open.Private, state.Keys.Id));

    /// <summary>Takes the way back, where it is open. Null where that is done, or there is nothing to do.</summary>
    public async Task<ClientFailure?> GoOnAsync(CancellationToken ct)
    {
        // Somebody may have brought what is missing.
        if (await state.RefreshAsync(ct) is { } unread) return unread;
        if (state.Behind is not { } behind) return null;
        var now = state.Api.NowSeconds;
        if (ToldTime.At(now) < behind.OpensAt) return behind;
        if (!WayBack.Write(state.Open, state.Keys, null, now, options.Random).TryGet(out var commit, out var full))
            return full;
        await state.NoteAsync(commit, ct);
        var sent = await VaultRepair.SendAsync(state.Api, state.Keys, VaultRepair.Onward(state.Vault, commit), ct);
        if (sent is Outcome<RepairJson>.Done done) state.HearMissing(state.Vault, done.Told);
        var failure = await state.RefreshAsync(ct);
        // The answer may have been lost, or another device has gone on at the same time: what counts is what is there.
        return failure ?? (state.Behind is null ? null : sent.Failure ?? behind);
    }

    private sealed record Comparison(
        ImmutableArray<ReplacedVault> Replaced, VerifiedVault Now, ImmutableArray<RestoreConflictInfo> Told);
}
