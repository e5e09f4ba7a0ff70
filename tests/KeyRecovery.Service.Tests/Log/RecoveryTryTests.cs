using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>Whoever reads an account with a code or a passphrase is told of to its devices.</summary>
public sealed class RecoveryTryTests
{
    private readonly TestRandom _random = new(55);

    [Fact]
    public async Task A_slot_that_reads_is_told_once_in_ten_minutes_for_each_network()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "recovers");
        foreach (var (network, later) in new[]
        {
            ("192.0.2.0/24", 0), ("192.0.2.0/24", 9), ("198.51.100.0/24", 0), ("192.0.2.0/24", 2), ("192.0.2.0/24", 1),
        })
        {
            server.Time.Advance(TimeSpan.FromMinutes(later));
            await ReadAsync(network);
        }

        await server.LogAsync();
        using var open = await server.PassAsync(account, phone);
        // A device that reads tries nothing.
        await server.Service.Tries.TellAsync(open, default);
        var told = (await server.Service.Activity.ReadAsync(open, null, 20, 0, default)).Entries
            .Select(entry => (Detail: AuditDetail.Decode(entry.Detail), entry.Index)).ToList();
        Assert.Equal(
            ["192.0.2.0/24", "198.51.100.0/24", "192.0.2.0/24", ""], told.Select(entry => entry.Detail.Network));
        Assert.All(told, entry => Assert.NotNull(entry.Index));
        Assert.All(told.SkipLast(1), entry => Assert.Equal(
            (AuditEvent.RecoveryTried, AuditRole.Slot, code.Id),
            (entry.Detail.Event, entry.Detail.Role, entry.Detail.Actor)));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);

        async Task ReadAsync(string network)
        {
            using var recovering = await server.PassAsync(account, code);
            recovering.Network = network;
            await server.Service.Tries.TellAsync(recovering, default);
        }
    }

    [Fact]
    public async Task Who_comes_from_many_networks_fills_no_list()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "recovers");
        for (var i = 0; i < 40; i++) await TryAsync($"192.0.{i}.0/24");
        server.Time.Advance(TimeSpan.FromMinutes(11));
        await TryAsync("192.0.2.0/24");
        await server.LogAsync();
        Assert.Equal(1 + 8 + 1, (await LogWorld.DoneAsync(server, account, phone)).Count);

        async Task TryAsync(string network)
        {
            using var recovering = await server.PassAsync(account, code);
            recovering.Network = network;
            await server.Service.Tries.TellAsync(recovering, default);
        }
    }

    [Fact]
    public async Task However_often_it_is_tried_the_list_goes_on_in_chunks_and_the_account_as_before()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, code) = await server.NewAccountAsync(_random, "recovers");
        for (var i = 0; i < 60; i++)
        {
            server.Time.Advance(TimeSpan.FromMinutes(2));
            using var recovering = await server.PassAsync(account, code);
            recovering.Network = $"192.0.{i}.0/24";
            await server.Service.Tries.TellAsync(recovering, default);
        }

        await server.LogAsync();
        Assert.Equal(61, (await LogWorld.DoneAsync(server, account, phone)).Count);
        Assert.Equal(61, (await LogWorld.LeavesAsync(server)).Count);
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
        Assert.IsType<Errors.Outcome<Accounts.Heads>.Done>(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange())));
    }
}
