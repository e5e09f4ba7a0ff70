using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Properties;

/// <summary>
/// An honest home that loses data now and then, gets a backup back, and is repaired; and all that it ever served. Every
/// event has a second of its own.
/// </summary>
internal sealed class RestoredHome : IDisposable
{
    private readonly TestRandom _random;
    private readonly TestAuthority _phone;
    private readonly TestAccount _account;
    private readonly List<VerifiedVault> _readers = [];
    private readonly List<ServedVault> _served = [];

    // What the key row keeps, which no restore of data takes away.
    private ImmutableArray<SignedClaim> _claims = [];
    private (ulong Sequence, ulong Version)? _restoredAt;
    private ulong _time = TestHome.Now;

    public RestoredHome(int seed)
    {
        _random = new TestRandom(seed);
        _phone = TestAuthority.Device(_random);
        _account = TestAccount.Begin(_random, _phone);
        Now = _account.Now with { Time = _time };
        Remember();
    }

    /// <summary>What it serves.</summary>
    public ServedVault Now { get; private set; }

    /// <summary>All that it served.</summary>
    public IReadOnlyList<ServedVault> Served => _served;

    /// <summary>What readers know of it, each of another moment.</summary>
    public IReadOnlyList<VerifiedVault> Readers => _readers;

    /// <summary>One event: a commit mostly, a restore, or a repair where there was a restore.</summary>
    public void Live(int action, int pick)
    {
        _time++;
        switch (action)
        {
            case < 3: Commit(new AccountChange()); break;
            case 3: Commit(new AccountChange { Mend = true }); break;
            case 4: Commit(new AccountChange { Add = [TestAuthority.Code(_random)] }); break;
            case < 8: Restore(_served[pick % _served.Count]); break;
            case 8 when _restoredAt is not null: Repair(Now, pick); break;
            case 9:
                Claim((0, 0));
                Repair(null, pick);
                break;
            default: Commit(new AccountChange()); break;
        }
    }

    /// <summary>Somebody reads what is served, who knew nothing.</summary>
    public void Remember()
    {
        _served.Add(Now);
        _readers.Add(Assert.IsType<VaultVerdict.Ok>(Read(Now, null)).Vault);
    }

    public VaultVerdict Read(ServedVault served, VerifiedVault? known) => VerifiedVault.Verify(
        TestAccount.DefaultApp, served.TellFrom(known?.Manifest.Manifest.Version ?? 1), _phone.Identity, known,
        TestHome.Keys);

    /// <summary>Whether what is served is what was known, or the hashes lead from that to it.</summary>
    public static bool Leads(VerifiedVault known, ServedVault served)
    {
        var (version, hash) = (known.Manifest.Manifest.Version, known.Manifest.Hash);
        if (served.Manifest.Hash == hash) return true;
        return served.Hashes.ElementAtOrDefault((int)version - 1) == hash
            && !served.Gaps.Any(gap => gap.To >= version);
    }

    public void Dispose() => _phone.Dispose();

    private void Commit(AccountChange change)
    {
        _account.Return(Now);
        _account.Commit(_phone, change);
        Now = _account.Now with { Time = _time };
        _restoredAt = null;
    }

    private void Restore(ServedVault backup)
    {
        // Claims that the backup lacks tell of restores after it: the lines part at their places at the latest.
        var lacks = _claims.Where(claim => !backup.Claims.Contains(claim)).Select(claim => claim.Claim).ToList();
        var (sequence, version) = backup.Place;
        Claim((
            lacks.Select(c => c.ChainSequence).Append(sequence).Min(),
            lacks.Select(c => c.ManifestVersion).Append(version).Min()));
        Now = backup with { Claims = _claims };
    }

    private void Claim((ulong Sequence, ulong Version) place)
    {
        _restoredAt = place;
        _claims = _claims.Add(TestHome.Claim(Now.Account, place.Sequence, place.Version, _time));
    }

    // A device brings what it knows: a newer state with the row's links, and the hashes of so many manifests before it.
    private void Repair(ServedVault? row, int pick)
    {
        var brought = _served.Where(s => row is null || (s.Place.Version > row.Place.Version
            && s.Links.Take(row.Links.Length).SequenceEqual(row.Links))).ToList();
        if (brought.Count == 0) return;
        var device = brought[pick % brought.Count];
        var (from, to) = ((row?.Place.Version ?? 0) + 1, device.Place.Version - 1);
        var follows = row is not null && device.Hashes[(int)row.Place.Version - 1] == row.Manifest.Hash;
        var reaches = to - Math.Min(to, (ulong)pick % 4);
        if (row is not null && !follows && reaches < from) reaches = from;
        if (reaches > to) return;
        Claim(_restoredAt!.Value);
        Now = device with { Time = _time, Claims = _claims, Gaps = row?.Gaps ?? [] };
        if (from <= reaches) Now = Now.WithGap(from, reaches);
    }
}
