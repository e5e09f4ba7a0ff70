using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Logs;

/// <summary>What a person is told of the account's activity, over the real server and its log.</summary>
[Collection(ServerTests.Name)]
public sealed class ActivityTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _laptop = new(fixture.Server.Address);

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task Each_change_is_told_with_who_did_it_what_came_and_went_and_from_where_and_is_proved()
    {
        using var vault = await _phone.CreateAsync(
            await fixture.Server.TokenAsync($"activity-{Guid.NewGuid()}"), _code, "phone");
        TestDevice.Value(await vault.PutAsync("a", new byte[] { 1 }));
        using var laptop = await _laptop.RecoverAsync(_code, name: "laptop");
        TestDevice.Value(await laptop.PutAsync("a", new byte[] { 2 }));
        TestDevice.Value(await vault.RefreshAsync());
        TestDevice.Value(await vault.RevokeAsync(new RevocationRequest([laptop.Device])));
        var points = TestDevice.Value(await vault.ListRestorePointsAsync());
        TestDevice.Value(await vault.UndoAsync(new UndoRequest(points[^1])));

        var told = await LogWaits.ProvedAsync(vault);
        // A slot's readings are told as well.
        var changes = told.Entries.Where(e => e.Event is AuditEvent.Created or AuditEvent.Committed
            or AuditEvent.Undone).ToList();

        var code = vault.Authorities.Single(a => a.Kind == AuthorityKind.Code).Id;
        Assert.Equal(
        [
            (AuditEvent.Undone, AuditRole.Device, vault.Device),
            (AuditEvent.Committed, AuditRole.Device, vault.Device),
            (AuditEvent.Committed, AuditRole.Device, laptop.Device), (AuditEvent.Committed, AuditRole.Slot, code),
            (AuditEvent.Committed, AuditRole.Device, vault.Device),
            (AuditEvent.Created, AuditRole.Device, vault.Device),
        ], changes.Select(e => (e.Event, e.Role, e.By!.Id)));
        Assert.Equal(
            Enumerable.Range(0, told.Entries.Length).Reverse(), told.Entries.Select(e => (int)e.Number));
        Assert.Equal([6, 5, 4, 3, 2, 1], changes.Select(e => (int)e.Version));
        Assert.All(told.Entries, e => Assert.Equal("127.0.0.0/24", e.Network));
        Assert.All(told.Entries, e => Assert.InRange(DateTimeOffset.UtcNow - e.At, TimeSpan.FromSeconds(-2),
            TimeSpan.FromMinutes(5)));
        Assert.Equal(told.Entries.Length, told.Entries.Select(e => e.Index).Distinct().Count());
        Assert.Equal([laptop.Device], changes[1].Removed.Select(a => a.Id));
        Assert.Equal([laptop.Device], changes[3].Added.Select(a => a.Id));
        Assert.Equal([vault.Device, code], changes[5].Added.Select(a => a.Id).OrderBy(id => id == code));
        Assert.True(changes[5].By is { IsThisDevice: true, Name: "phone", Kind: AuthorityKind.Device });
        // Nobody tells its name any more; the chain says what it was.
        Assert.True(changes[1].Removed[0] is { Name: "", Kind: AuthorityKind.Device });
        Assert.Empty(changes[4].Added);
        Assert.Null(vault.Log.Finding);
        Assert.NotNull(told.Log);
        Assert.True(told.LogSize >= 6);
    }

    [Fact]
    public async Task Pages_follow_one_another_and_tell_as_much_as_one_that_has_them_all()
    {
        using var vault = await _phone.CreateAsync(
            await fixture.Server.TokenAsync($"pages-{Guid.NewGuid()}"), null, "phone");
        for (var i = 0; i < 20; i++) TestDevice.Value(await vault.PutAsync("a", new[] { (byte)i }));
        TestDevice.Value(await vault.AddCodeAsync(_code));
        var whole = await LogWaits.ProvedAsync(vault);
        Assert.Equal(22, whole.Entries.Length);
        Assert.Null(whole.Before);

        var entries = new List<ActivityEntry>();
        ulong? before = null;
        do
        {
            var page = TestDevice.Value(await vault.Log.ActivityAsync(before, limit: 5));
            entries.AddRange(page.Entries);
            Assert.Equal(page.Entries.Length == 5 && entries.Count < 22, page.Before is not null);
            before = page.Before;
        }
        while (before is not null);

        Assert.Equal(whole.Entries.Select(Shape), entries.Select(Shape));
        Assert.Equal(AuthorityKind.Code, Assert.Single(entries[0].Added).Kind);
        Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await vault.Log.ActivityAsync(limit: 0)));
        Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await vault.Log.ActivityAsync(limit: 1001)));
        Assert.Empty(TestDevice.Value(await vault.Log.ActivityAsync(before: 0)).Entries);
    }

    [Fact]
    public async Task An_opening_looks_for_the_newest_change_once_and_keeps_the_checkpoint_that_proved_it()
    {
        using (var vault = await _phone.CreateAsync(
            await fixture.Server.TokenAsync($"once-{Guid.NewGuid()}"), null, "phone"))
        {
            TestDevice.Value(await vault.PutAsync("a", new byte[] { 1 }));
            await LogWaits.ProvedAsync(vault);
        }

        using (await _phone.OpenAsync()) { }
        using (var kept = (await _phone.Store.LoadAsync(default))!)
        {
            Assert.Equal(2ul, kept.Log.Found?.Version);
            Assert.True(Checkpoint.TryOpen(kept.Log.Note.Span, kept.Log.Key!, out var checkpoint));
            Assert.True(checkpoint.Size > 0);
        }

        var asked = new List<string>();
        _phone.Relay.OnRequest = (request, _) =>
        {
            asked.Add(request.RequestUri!.AbsolutePath);
            return null;
        };
        using (await _phone.OpenAsync()) { }
        Assert.DoesNotContain("/v1/activity", asked);
    }

    private static (ulong, AuditEvent, string, string, bool) Shape(ActivityEntry entry) => (
        entry.Number, entry.Event, string.Join(',', entry.Added), string.Join(',', entry.Removed), entry.IsProved);
}
