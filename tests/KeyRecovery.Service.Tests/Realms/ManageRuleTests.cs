using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;

namespace KeyRecovery.Service.Tests.Realms;

/// <summary>What an account's devices may ask of a realm.</summary>
public sealed class ManageRuleTests
{
    private readonly RuleWorld _world = new() { Policy = new PassphrasePolicy { Waits = [] } };

    [Fact]
    public void Each_command_is_newer_than_the_last()
    {
        _world.Manage(5, RealmCommand.Pause);
        foreach (var version in new ulong[] { 0, 4, 5 })
            Assert.Equal(
                "version", RuleWorld.Refused(ErrorCode.Conflict, _world.Manage(version, RealmCommand.Resume)).Field);
        Assert.Equal(RealmSlotState.Paused, _world.Row.State);
        _world.Manage(6, RealmCommand.Resume);
        Assert.Equal((RealmSlotState.Fresh, 6ul), (_world.Row.State, _world.Row.Version));
    }

    [Fact]
    public void The_status_takes_any_version_and_changes_nothing()
    {
        _world.Manage(5, RealmCommand.Pause);
        foreach (var version in new ulong[] { 0, 5, 1000 })
            Assert.Null(Assert.IsType<RealmStep.Proceed>(_world.Manage(version, RealmCommand.Status)).Next);
        Assert.Equal(5ul, _world.Row.Version);
    }

    [Fact]
    public void A_pause_is_noted_once_and_so_is_its_end()
    {
        _world.Manage(1, RealmCommand.Resume);
        _world.Manage(2, RealmCommand.Pause);
        _world.Manage(3, RealmCommand.Pause);
        _world.Manage(4, RealmCommand.Resume);
        _world.Manage(5, RealmCommand.Resume);
        Assert.Equal([RealmEventKind.Paused, RealmEventKind.Resumed], _world.Row.Events.All().Select(e => e.Kind));
    }

    [Fact]
    public void The_head_never_goes_back()
    {
        var (older, newer) = (new ChainPlace(3, _world.NewElement()), new ChainPlace(4, _world.NewElement()));
        _world.Manage(1, RealmCommand.TellHead(newer));
        Assert.NotNull(Assert.IsType<RealmStep.Proceed>(_world.Manage(2, RealmCommand.TellHead(older))).Next);
        Assert.Equal((newer, 2ul), (_world.Row.Head, _world.Row.Version));
    }

    [Fact]
    public void A_deleted_slot_keeps_nothing_but_what_tells_a_repeated_delete()
    {
        _world.Counted();
        var request = _world.NewElement();
        _world.Row = RealmSlotRow.Decode(
            RealmRules.Manage(_world.Row, 1, RealmCommand.Delete, request, _world.Now).Next!.Encode());
        Assert.True(_world.Row.IsDeleted);
        Assert.Equal(RealmSlotRow.Deleted(1, request.ToArray()).Encode(), _world.Row.Encode());
        Assert.True(RealmRules.IsLastCommand(_world.Row, request));
        Assert.False(RealmRules.IsLastCommand(_world.Row, _world.NewElement()));
        Assert.False(RealmRules.IsLastCommand(RealmSlotRow.Deleted(), default));
    }

    [Fact]
    public void A_destroyed_slot_is_read_and_deleted_and_nothing_else()
    {
        for (var i = 0; i < 11; i++) _world.Guess();
        using var key = SigningKey.FromSeed(new byte[32]);
        foreach (var command in new[]
        {
            RealmCommand.Pause, RealmCommand.Resume, RealmCommand.TellHead(new ChainPlace(1, default)),
            RealmCommand.ReplaceKey(key.PublicKey),
        })
            RuleWorld.Refused(ErrorCode.SlotLocked, _world.Manage(1, command));
        Assert.Null(_world.Manage(0, RealmCommand.Status).Next);
        _world.Manage(1, RealmCommand.Delete);
        Assert.True(_world.Row.IsDeleted);
    }

    [Fact]
    public void A_new_management_key_takes_the_place_of_the_old_one()
    {
        using var key = SigningKey.FromSeed(new byte[32]);
        _world.Manage(1, RealmCommand.ReplaceKey(key.PublicKey));
        Assert.Equal(key.PublicKey.ToArray(), _world.Row.ManagementKey.ToArray());
        Assert.Equal(RealmEventKind.NewManagementKey, Assert.Single(_world.Row.Events.All()).Kind);
    }
}
