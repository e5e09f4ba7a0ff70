using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>What the log says of erasures, and what receipts prove by it.</summary>
public sealed class ErasureLeafTests
{
    private readonly TestRandom _random = new(53);

    [Fact]
    public async Task What_is_asked_for_called_off_and_done_is_told_once_each_and_by_whom()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "asks");
        await server.LogAsync();
        await server.RequestErasureAsync(account, phone);
        // The same once more changes nothing.
        await server.RequestErasureAsync(account, phone);
        await server.LogAsync();
        await server.CancelErasureAsync(account, phone);
        await server.CancelErasureAsync(account, phone);
        await server.LogAsync();
        await server.FileErasuresAsync("asks");
        await server.Service.Erasures.ResumeAsync(default);
        await server.LogAsync();

        (AuditEvent, AuditRole)[] told = [.. (await LogWorld.LeavesAsync(server))
            .Select(leaf => AuditLeaf.Decode(leaf)).Select(leaf => (leaf.Event, leaf.Role))];
        Assert.Equal(
            [
                (AuditEvent.Created, AuditRole.Device), (AuditEvent.ErasureRequested, AuditRole.Device),
                (AuditEvent.ErasureCancelled, AuditRole.Device), (AuditEvent.ErasureRequested, AuditRole.Operator),
                (AuditEvent.Erased, AuditRole.Server),
            ],
            told);
        Assert.Equal(0, await LogWorld.WaitingAsync(server));
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
    }

    [Fact]
    public async Task The_accounts_devices_read_who_asked_and_who_called_it_off_and_from_where()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "asks");
        await server.RequestErasureAsync(account, phone);
        await server.CancelErasureAsync(account, phone);
        await server.LogAsync();
        await server.LogAsync();

        using var open = await server.PassAsync(account, phone);
        var told = (await server.Service.Activity.ReadAsync(open, null, 10, 0, default)).Entries;
        Assert.Equal(
            [AuditEvent.ErasureCancelled, AuditEvent.ErasureRequested, AuditEvent.Created],
            told.Select(entry => AuditDetail.Decode(entry.Detail).Event));
        Assert.All(told, entry => Assert.NotNull(entry.Index));
        Assert.All(told, entry => Assert.Equal(phone.Id, AuditDetail.Decode(entry.Detail).Actor));
        Assert.Equal("192.0.2.0/24", AuditDetail.Decode(told[0].Detail).Network);
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
        // What was called off is forgotten after a day, and told for ever.
        server.Time.Advance(TimeSpan.FromDays(3));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromDays(1), default);
        Assert.Equal(0, await server.CountAsync(Table.Erasures));
        using var later = await server.PassAsync(account, phone);
        Assert.Equal(3, (await server.Service.Activity.ReadAsync(later, null, 10, 0, default)).Entries.Length);
    }

    [Fact]
    public async Task What_cannot_be_told_because_the_account_is_lost_is_asked_for_by_no_pass_that_comes_at_once()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "lost");
        await server.RequestErasureAsync(account, phone);
        // The control: until the log has it, another pass soon does it.
        Assert.Equal(1, (await server.Service.Erasures.ResumeAsync(default)).AwaitLog);
        using (var open = await server.PassAsync(account, phone))
            await server.Data.WriteAsync([new RowWrite.Remove(open.Rows.Account)], default);
        await server.LogAsync();

        Assert.Equal(0, (await server.Service.Erasures.ResumeAsync(default)).AwaitLog);
        Assert.Equal(1, await server.CountAsync(Table.Erasures));
    }

    [Fact]
    public async Task A_receipt_of_either_level_gets_its_proof_and_all_verify_however_far_the_log_goes_on()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "goes");
        var signed = (await server.RequestErasureAsync(account, phone)).Receipt;
        Assert.False(SignedErasureReceipt.Decode(signed).HasProof);
        await server.LogAsync();
        var first = (await server.RefusedAsync(account, phone)).Receipt;
        await server.Service.Rotation.RunAsync(begin: true, null, default);
        server.Time.Advance(TimeSpan.FromMinutes(5));
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(1, await server.CountAsync(Table.Erasures));
        await server.LogAsync();
        Assert.Equal(0, await server.CountAsync(Table.Erasures));
        var second = (await server.RefusedAsync(account, phone)).Receipt;
        for (var i = 0; i < 3; i++) await server.NewAccountAsync(_random, $"stays {i}");
        await server.LogAsync();

        var policy = LogPolicy.Of(server.Service.Log!.Key!);
        foreach (var (receipt, level, isProof) in new[] { (signed, 1, false), (first, 1, true), (second, 2, true) })
        {
            var read = SignedErasureReceipt.Decode(receipt);
            Assert.Equal((level, isProof, isProof), (read.Receipt.Level, read.HasProof, read.IsLogged(policy)));
            Assert.True(read.IsSignedBy(server.Service.Erasures.AuditKey));
            Assert.True(read.Receipt.IsOf(account.Now.Account));
        }

        Assert.Equal(signed.ToArray(), SignedErasureReceipt.Decode(first).Statement.ToArray());
        // Another log proves nothing of it.
        var other = NoteKey.Of("other", NoteSignatureType.Ed25519, SigningKey.FromSeed(new byte[32]).PublicKey);
        Assert.False(SignedErasureReceipt.Decode(second).IsLogged(LogPolicy.Of(other)));
        Assert.Equal(7, (await LogWorld.LeavesAsync(server)).Count);
    }

    [Fact]
    public async Task Whatever_bit_of_a_receipt_with_its_proof_is_another_it_proves_nothing_any_more()
    {
        await using var server = await TestService.OpenAsync();
        server.ErasureHold = TimeSpan.Zero;
        var (account, phone, _) = await server.NewAccountAsync(_random, "goes");
        await server.NewAccountAsync(_random, "stays");
        await server.RequestErasureAsync(account, phone);
        await server.LogAsync();
        var whole = (await server.RefusedAsync(account, phone)).Receipt.ToArray();
        var (policy, key) = (LogPolicy.Of(server.Service.Log!.Key!), server.Service.Erasures.AuditKey);
        Assert.True(Holds(whole));

        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var wrong = whole.ToArray();
            wrong[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Holds(wrong), $"bit {bit}");
        }

        bool Holds(byte[] receipt)
        {
            try
            {
                var read = SignedErasureReceipt.Decode(receipt);
                return read.IsSignedBy(key) && read.IsLogged(policy);
            }
            catch (Exception e) when (e is WireFormatException or UpgradeRequiredException)
            {
                return false;
            }
        }
    }
}
