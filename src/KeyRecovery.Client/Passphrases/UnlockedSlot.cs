using System.Collections.Immutable;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Passphrases;

/// <summary>A passphrase that was right: the slot's keys, and what the realms said beside it.</summary>
internal sealed class UnlockedSlot(
    KnownSlot slot, SlotKeys keys, ImmutableArray<(string Realm, LinkPlace Head)> heads, ImmutableArray<RealmReport> reports, Task confirmed,
    Task settled) : IDisposable
{
    public KnownSlot Slot => slot;

    public SlotKeys Keys => keys;

    /// <summary>The newest link that each answering realm was told.</summary>
    public ImmutableArray<(string Realm, LinkPlace Head)> Heads => heads;

    /// <summary>Realms that lied or could not be had.</summary>
    public ImmutableArray<RealmReport> Reports => reports;

    /// <summary>Ends when the realms whose answers were used have been told that the guess was right.</summary>
    public Task Confirmed => confirmed;

    /// <summary>Ends when every realm that counted the guess has been told that it was right, or gave no answer.</summary>
    public Task Settled => settled;

    /// <summary>The realm whose head is not on a verified chain, or null: the chain was rolled back, or that realm lies.</summary>
    public string? FindRolledBack(Chain chain) =>
        heads.Where(h => !chain.Contains(h.Head)).Select(h => h.Realm).FirstOrDefault();

    public void Dispose() => keys.Dispose();
}
