using System.Collections.Immutable;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Passphrases;

/// <summary>A passphrase that was right: the slot's keys, and what the realms say, as it comes in.</summary>
/// <param name="slot">The slot.</param>
/// <param name="keys">Its keys, disposed with this object.</param>
/// <param name="asked">The realms' answers; some may still be under way.</param>
/// <param name="confirmed">Ends when the realms whose answers were used know that the guess was right.</param>
/// <param name="settled">Ends when all realms that counted it know, or gave no answer in time.</param>
internal sealed class UnlockedSlot(
    KnownSlot slot, SlotKeys keys, IReadOnlyList<Task<RealmAnswer>> asked, Task confirmed, Task settled) : IDisposable
{
    private Chain? _chain;

    public KnownSlot Slot => slot;

    public SlotKeys Keys => keys;

    public Task Confirmed => confirmed;

    public Task Settled => settled;

    /// <summary>Realms that lied or could not be had, as far as their answers are in.</summary>
    public ImmutableArray<RealmReport> Reports =>
    [
        .. asked.Where(task => task.IsCompletedSuccessfully).Select(task => task.Result)
            .Where(answer => answer.Status is null || IsOffChain(answer)).Select(answer => answer.Report()),
    ];

    /// <summary>What the verified chain holds against the slot as it was used, or null.</summary>
    public async Task<ClientFailure?> FindFaultAsync(Chain chain)
    {
        var entry = chain.FindActive(slot.Id)?.Entry;
        if (entry is null || chain.Account != slot.Account
            || !entry.Parameters.Span.SequenceEqual(slot.Parameters.Encode()))
            return new ClientFailure.ServerLied(ProtocolFault.SlotParameters);
        return await FindRolledBackAsync(chain) is { } realm ? new ClientFailure.RolledBackByRealm(realm) : null;
    }

    public void Dispose() => keys.Dispose();

    // Whether the chain holds the heads that enough realms were told. A realm whose head is not on it is no use, as one
    // that is away is none; where too few are left, it is named: the chain was rolled back, or that realm lies.
    private async Task<string?> FindRolledBackAsync(Chain chain)
    {
        _chain = chain;
        string? suspect = null;
        var agreeing = 0;
        await foreach (var task in Task.WhenEach(asked))
        {
            if (!task.IsCompletedSuccessfully || await task is not { Status: not null } answer) continue;
            if (IsOffChain(answer)) suspect ??= answer.Name;
            else agreeing++;
            if (agreeing == slot.Parameters.Threshold) return null;
        }
        return suspect;
    }

    private bool IsOffChain(RealmAnswer answer) => answer.Status?.Head is { } head && _chain?.Contains(head) == false;
}
