using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>An authority of the account, and all that it has verified so far: a code starts from nothing each time.
/// </summary>
internal sealed class Member(TestAuthority keys, bool isHonest) : IDisposable
{
    private readonly List<VerifiedVault> _kept = [];

    public TestAuthority Keys => keys;

    public AuthorityId Id => keys.Id;

    public bool IsSlot => keys.Entry.Kind != AuthorityKind.Device;

    /// <summary>The owner's, or in the hands of somebody else.</summary>
    public bool IsHonest { get; set; } = isHonest;

    /// <summary>Nobody has it any more.</summary>
    public bool IsGone { get; set; }

    /// <summary>The newest vault that it holds for true.</summary>
    public VerifiedVault? Known { get; private set; }

    /// <summary>The last one that opened, which it does not let go of.</summary>
    public OpenVault? Good { get; private set; }

    /// <summary>Every state that it has seen, the newest version first: what it can give back.</summary>
    public IEnumerable<VerifiedVault> Kept => _kept.OrderByDescending(v => v.Manifest.Manifest.Version);

    public VaultVerdict Judge(string app, VaultBundle told, IReadOnlyList<VerifyKey> home) =>
        VerifiedVault.Verify(app, told, keys.Identity, Known, home);

    public void Take(VerifiedVault vault)
    {
        if (IsSlot) return;
        Known = vault;
        if (_kept.All(k => k.Manifest.Hash != vault.Manifest.Hash)) _kept.Add(vault);
        if (vault.Open(Id, keys.Kem).Vault is not { } open) return;
        Good?.Dispose();
        Good = open;
    }

    public void Dispose()
    {
        Good?.Dispose();
        keys.Dispose();
    }
}
