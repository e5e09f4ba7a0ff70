using System.Collections.Immutable;
using KeyRecovery.Client.Realms;
using KeyRecovery.Protocol.Recovery;

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
    private readonly HashSet<string> _useless = [];

    public KnownSlot Slot => slot;

    public SlotKeys Keys => keys;

    public Task Confirmed => confirmed;

    public Task Settled => settled;

    /// <summary>Realms that lied or could not be had, as far as their answers are in.</summary>
    public ImmutableArray<RealmReport> Reports =>
    [
        .. asked.Where(task => task.IsCompletedSuccessfully).Select(task => task.Result)
            .Where(answer => answer.Status is null || _useless.Contains(answer.Name)).Select(answer => answer.Report()),
    ];

    /// <summary>What the verified vault holds against the slot as it was used, or null.</summary>
    /// <param name="descent">The vault.</param>
    /// <param name="homeKeys">The home's audit keys.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ClientFailure?> FindFaultAsync(
        Descent descent, IReadOnlyList<VerifyKey> homeKeys, CancellationToken ct)
    {
        var chain = descent.Vault.Chain;
        var entry = chain.FindActive(slot.Id)?.Entry;
        if (entry is null || chain.Account != slot.Account
            || !entry.Parameters.Span.SequenceEqual(slot.Parameters.Encode()))
            return new ClientFailure.ServerLied(ProtocolFault.SlotParameters);
        return await FindLackAsync(descent, homeKeys, ct);
    }

    public void Dispose() => keys.Dispose();

    // Whether the vault has what the home signed before, and every realm that has answered was told. One that shows
    // what the home has not signed is no use, as one that is away is none; where too few are left, it is named.
    private async Task<ClientFailure?> FindLackAsync(
        Descent descent, IReadOnlyList<VerifyKey> homeKeys, CancellationToken ct)
    {
        _useless.Clear();
        var (seen, agreeing, unsigned) = (0, 0, 0);
        ClientFailure? suspect = null;
        await foreach (var task in Task.WhenEach(asked).WithCancellation(ct))
        {
            seen++;
            if (task.IsCompletedSuccessfully && await task is { Status: { } status } answer)
            {
                switch (await Testimony.OfAsync(descent, status.Told.Heads, homeKeys, ct))
                {
                    case Testimony.Agrees:
                        agreeing++;
                        break;
                    case Testimony.Lacks lacks:
                        return lacks.Tell(answer.Name, descent.Vault);
                    default:
                        _useless.Add(answer.Name);
                        unsigned++;
                        suspect ??= new ClientFailure.RealmLied(answer.Name, RealmFault.Head);
                        break;
                }
            }
            // Nobody is waited for who is not needed, and nobody left out who is here.
            if (agreeing >= slot.Parameters.Threshold && asked.Count(t => t.IsCompleted) == seen) return null;
        }
        if (agreeing >= slot.Parameters.Threshold) return null;
        return unsigned >= slot.Parameters.Threshold ? new ClientFailure.HomeKeyChanged() : suspect;
    }
}
