using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>What happens in a step.</summary>
internal enum Move
{
    /// <summary>The owner writes an item, writes one often, deletes one, links a device, removes one, begins an epoch,
    /// has a new code.</summary>
    Write, WriteOften, Delete, Link, Remove, Rotate, NewCode,

    /// <summary>A culprit comes in by linking; a device of the owner's is stolen.</summary>
    LetIn, Steal,

    /// <summary>A culprit's.</summary>
    Wreck, Clear, SpoilEpoch, BringIn, ThrowOut, TakeTheCode, Flood, WrongRepair,

    /// <summary>The operator's.</summary>
    Save, RestoreData, RestoreKeys, RestoreBoth, LoseTheRow,

    /// <summary>A device of the owner's is lost, or all but the code.</summary>
    Lose, LoseAll,

    /// <summary>Time passes.</summary>
    Wait, Sweep,

    /// <summary>The owner gives back what was lost, or takes the account back.</summary>
    Repair, Recover, RacedUndo,

    /// <summary>The home lies to everybody honest.</summary>
    Lie,

    /// <summary>At a realm: the owner sets a passphrase, or has it follow; a culprit, or the home without an authority,
    /// misleads it.</summary>
    SetPassphrase, Follow, Mislead, LieToRealm,
}

/// <summary>A life of the account, step by step; what comes of it follows from seed and steps alone.</summary>
internal sealed class Walk(ModelWorld world)
{
    private static readonly TimeSpan[] Times =
    [
        TimeSpan.FromHours(1), TimeSpan.FromHours(20), TimeSpan.FromHours(80), TimeSpan.FromDays(20),
        TimeSpan.FromDays(29),
    ];

    private readonly Misdeeds _misdeeds = new(world);
    private readonly Repairs _repairs = new(world);
    private readonly Liar _liar = new(world);
    private readonly RealmMoves _realm = new(world);

    /// <summary>Goes through the steps, and lets the owner come back at the end.</summary>
    /// <param name="steps">The steps, each with a number by which it chooses.</param>
    /// <param name="versions">Of each item as many older versions are promised.</param>
    public async Task GoAsync((Move Move, int Pick)[] steps, int versions = Limits.OldVersions)
    {
        foreach (var (move, pick) in steps)
        {
            await world.Home.WaitAsync(TimeSpan.FromMinutes(1));
            await StepAsync(move, pick, versions);
            // Some are switched off.
            foreach (var (at, member) in world.Honest.ToList().Index())
                if (((pick >> at) & 1) == 0) await world.ReadAsync(member);
        }

        await RecoverAsync(versions);
    }

    private async Task StepAsync(Move move, int pick, int versions)
    {
        switch (move)
        {
            case Move.LetIn:
                await HonestAsync(pick, new AccountChange { Add = [TestAuthority.Device(world.Random)] }, letsIn: true);
                break;
            case Move.Steal:
                var devices = world.Honest.Where(m => !m.IsSlot && world.IsActive(m)).ToList();
                if (devices.Count > 1) devices[pick % devices.Count].IsHonest = false;
                break;
            case Move.Lose:
                if (world.Honest.Where(m => !m.IsSlot).ToList() is { Count: > 0 } mine)
                    mine[pick % mine.Count].IsGone = true;
                break;
            case Move.LoseAll:
                foreach (var device in world.Honest.Where(m => !m.IsSlot).ToList()) device.IsGone = true;
                break;
            case Move.Save:
                await world.SaveAsync();
                break;
            case Move.LoseTheRow:
                await world.RestoreAsync(null, data: true, keys: false);
                break;
            case Move.RestoreData or Move.RestoreKeys or Move.RestoreBoth when world.Sets.Count > 0:
                await world.RestoreAsync(
                    world.Sets.ElementAt(pick % world.Sets.Count), move != Move.RestoreKeys, move != Move.RestoreData);
                break;
            case Move.Wait:
                await world.Home.WaitAsync(Times[pick % Times.Length]);
                break;
            // What is behind, or lacks an item, is damaged, as the check says.
            case Move.Sweep when world.IsBehind || world.Lacking.Any():
                await world.Home.Server.Service.Sweeper.SweepAsync(TimeSpan.Zero, default);
                break;
            case Move.Sweep:
                await world.Home.SoundAsync();
                break;
            case Move.Repair:
                foreach (var member in world.Honest)
                    if (_repairs.Owed(member) is { } owed)
                        await _repairs.RepairAsync(member, Repairs.Bundle(owed), isOwed: true);
                break;
            case Move.Recover:
                await RecoverAsync(versions);
                break;
            case Move.RacedUndo:
                await RaceAsync(pick);
                break;
            case Move.Lie:
                await _liar.LieAsync(pick);
                break;
            case Move.SetPassphrase:
                await SetPassphraseAsync(pick);
                break;
            case Move.Follow or Move.Mislead or Move.LieToRealm when world.Witness is { } realm:
                await (move switch
                {
                    Move.Follow => _realm.FollowAsync(realm, pick),
                    Move.Mislead => _realm.MisleadAsync(realm, pick),
                    _ => _realm.LieAsync(realm, pick),
                });
                break;
            case Move.Follow or Move.Mislead or Move.LieToRealm:
                break;
            case >= Move.Wreck and <= Move.WrongRepair:
                await _misdeeds.TryAsync(move, pick);
                break;
            case Move.WriteOften:
                for (var left = 2 + (pick % 13); left > 0; left--)
                    await HonestAsync(pick | 1, Change(Move.Write, pick | 1));
                break;
            case Move.NewCode:
                var codes = world.Honest.Where(m => m.IsSlot && world.IsActive(m)).Select(m => m.Keys);
                await HonestAsync(
                    pick, new AccountChange { Add = [TestAuthority.Code(world.Random)], Remove = [.. codes.Take(1)] });
                break;
            default:
                await HonestAsync(pick, Change(move, pick));
                break;
        }
    }

    private AccountChange Change(Move move, int pick)
    {
        var ids = world.Row?.Items.Keys.Order().ToList() ?? [];
        var extra = world.Honest.Where(m => world.IsActive(m) && m.Keys != world.Home.Phone && !m.IsSlot)
            .Select(m => m.Keys).ToList();
        return move switch
        {
            Move.Delete when ids.Count > 1 => new AccountChange { Delete = [ids[pick % ids.Count]] },
            Move.Link => new AccountChange { Add = [TestAuthority.Device(world.Random)] },
            Move.Remove when extra.Count > 0 => new AccountChange { Remove = [extra[pick % extra.Count]] },
            Move.Rotate => new AccountChange { Mend = true },
            _ => new AccountChange
            {
                Put = [(ids.Count == 0 || pick % 4 == 0 ? new ItemId(world.Random.Bytes(16)) : ids[pick % ids.Count],
                    world.Random.Bytes(7))],
            },
        };
    }

    private async Task<bool> HonestAsync(int pick, AccountChange change, bool letsIn = false)
    {
        var devices = world.Honest
            .Where(m => !m.IsSlot && world.IsActive(m) && !change.Remove.Contains(m.Keys)).ToList();
        if (devices.Count == 0 || world.IsBehind) return false;
        var by = devices[pick % devices.Count];
        if (await world.ReadAsync(by) is not { } vault) return false;
        if (Draft.Of(vault, by, change, Spoil.None, world.Random) is not { } draft) return false;
        var deed = new Deed(by.Id, world.Now)
        {
            Add = [.. change.Add.Select(a => (a.Id, a.Entry.Kind != AuthorityKind.Device))],
            Remove = [.. change.Remove.Select(a => a.Id)], BeginsEpoch = change.Mend || !change.Remove.IsEmpty,
        };
        if (!await world.CommitAsync(by, draft, deed)) return false;
        await world.JoinAsync(change.Add.Select(a => new Member(a, !letsIn)));
        await world.ReadAsync(by);
        return true;
    }

    // Registered first, then in the chain, and then the realm hears of it, unless that is lost.
    private async Task SetPassphraseAsync(int pick)
    {
        var devices = world.Honest.Where(m => !m.IsSlot && world.IsActive(m)).ToList();
        if (devices.Count == 0 || world.IsBehind) return;
        var by = devices[pick % devices.Count];
        if (await world.ReadAsync(by) is not { } vault) return;
        var realm = await world.MeetRealmAsync();
        var slot = realm.NewSlot();
        if (await realm.RegisterAsync(by, vault, slot)
            && await HonestAsync(pick, new AccountChange { Add = [slot] }) && pick % 4 != 0)
            await _realm.FollowAsync(realm, pick);
    }

    private async Task RaceAsync(int pick)
    {
        if (world.IsBehind || world.Honest.FirstOrDefault(world.IsTrusted) is not { } owner) return;
        if (!world.Culprits.Any(world.IsActive) || await world.ReadAsync(owner) is not { } vault) return;
        await new Mender(world).UndoAsync(owner, vault, async () =>
            await HonestAsync(pick, new AccountChange { Put = [(new ItemId(world.Random.Bytes(16)), [1])] }));
    }

    private async Task RecoverAsync(int versions)
    {
        if (await new Mender(world).RecoverAsync() is not { } owner)
        {
            world.Tally.Count("nobody honest is left");
            return;
        }

        await _repairs.StoreMissingAsync(owner);
        await world.Home.SoundAsync();
        await new Promises(world).KeptAsync(owner, versions);
        if (world.Witness is { } realm) await realm.ComeBackAsync(await _repairs.DeviceOfAsync(owner));
        world.Tally.Count("recovered");
    }
}
