using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// A device that starts from nothing reads all of the log, and asks its witnesses: what a server hides from it, and
/// what it shows somebody else, is told.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class LogScanTests(ServerFixture fixture)
{
    [Fact]
    public async Task An_honest_log_is_read_to_its_end_with_progress()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        for (var i = 0; i < 50; i++) scene.Server.Log.AppendStranger();
        using var device = scene.Liar.Device();
        using var session = await scene.ReadAsync(device);
        var size = scene.Server.Log.Size;
        var told = new List<(int Done, int Of)>();
        var scan = TestDevice.Value(await session.Log.ScanAsync(new Progress(told.Add)));
        Assert.Equal((size, 0), (scan.Size, scan.Lost));
        Assert.Empty(scan.Witnesses);
        Assert.Equal(((int)size, (int)size), told[^1]);
        Assert.Null(session.Log.Finding);
        using var vault = TestDevice.Value(await session.CompleteAsync("laptop", [])).Vault;
        Assert.Null(vault.Log.Finding);
    }

    [Theory]
    [InlineData("entries")]
    [InlineData("0")]
    public async Task A_bit_that_is_flipped_in_any_byte_of_a_file_is_told(string level)
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        using var device = scene.Liar.Device();
        using var session = await scene.ReadAsync(device);
        var file = $"tile/{level}/000.p/{scene.Server.Log.Size}";
        var length = scene.Server.Log.File(file)!.Length;
        for (var at = 0; at < length; at += 7)
        {
            var place = at;
            scene.Server.ChangeFile = (name, bytes) =>
            {
                if (name == file) bytes[place] ^= 1;
                return bytes;
            };
            Assert.Equal(
                ProtocolFault.ForkedLog,
                Assert.IsType<ClientFailure.ServerLied>(TestDevice.Failure(await session.Log.ScanAsync())).Fault);
        }

        scene.Server.ChangeFile = null;
        TestDevice.Value(await session.Log.ScanAsync());
    }

    [Fact]
    public async Task A_file_that_is_missing_is_told_and_one_that_cannot_be_had_accuses_nobody()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        using var device = scene.Liar.Device(options => options with { Attempts = 1 });
        using var session = await scene.ReadAsync(device);
        var files = scene.Liar.Instead!;
        scene.Liar.Instead = heard => heard.Path.Contains("/entries/", StringComparison.Ordinal)
            ? Told.Problem(404, ProblemTypes.NotFound) : files(heard);
        Assert.Equal(
            ProtocolFault.ForkedLog,
            Assert.IsType<ClientFailure.ServerLied>(TestDevice.Failure(await session.Log.ScanAsync())).Fault);
        scene.Liar.Instead = heard => heard.Path.Contains("/entries/", StringComparison.Ordinal)
            ? Told.Problem(503, ProblemTypes.Unavailable) : files(heard);
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await session.Log.ScanAsync()));
    }

    [Fact]
    public async Task A_log_that_goes_on_from_another_one_than_was_shown_first_is_told_with_both()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        using var device = scene.Liar.Device();
        using var session = await scene.ReadAsync(device);
        var size = (int)scene.Server.Log.Size;
        scene.Server.Log.Fork(1);
        scene.Server.Log.AppendStranger();
        var caught = Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await session.Log.ScanAsync()));
        Assert.Equal(ProtocolFault.ForkedLog, caught.Fault);
        Assert.Equal((size, size + 1), (scene.SizeOf(caught.Log!.Known), scene.SizeOf(caught.Log.Served)));
    }

    [Fact]
    public async Task A_witness_that_knows_a_larger_log_than_is_shown_tells_what_is_hidden()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        await using var witness = new LogWitness();
        for (var i = 0; i < 3; i++) scene.Server.Log.AppendStranger();
        witness.Cosign(scene.Server.Log.Checkpoint());
        scene.Server.Size = 5;
        using var device = scene.Liar.Device(
            options => options with { LogPolicy = witness.Policy(scene.Server.Log.Key) });
        using var session = await scene.ReadAsync(device);
        var size = (int)scene.Server.Log.Size;
        var caught = Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await session.Log.ScanAsync()));
        Assert.Equal(ProtocolFault.RolledBackLog, caught.Fault);
        Assert.Equal((6, 5), (scene.SizeOf(caught.Log!.Known), scene.SizeOf(caught.Log.Served)));

        // It was late, and no more: shown within the time, it is well.
        scene.Server.Size = null;
        var scan = TestDevice.Value(await session.Log.ScanAsync());
        Assert.Equal((ulong)size, scan.Size);
        Assert.Equal(new WitnessReport("witness.example/one", 6, null), Assert.Single(scan.Witnesses));
        Assert.All(witness.Heard, heard => Assert.StartsWith("/watch/", heard.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_witness_that_knows_another_log_of_the_same_name_is_told_with_both()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        await using var witness = new LogWitness();
        witness.Cosign(scene.Server.Log.Checkpoint());
        scene.Server.Log.Fork(1);
        using var device = scene.Liar.Device(
            options => options with { LogPolicy = witness.Policy(scene.Server.Log.Key) });
        using var session = await scene.ReadAsync(device);
        var caught = Assert.IsType<ClientFailure.RolledBack>(TestDevice.Failure(await session.Log.ScanAsync()));
        Assert.Equal(ProtocolFault.ForkedLog, caught.Fault);
        Assert.Equal(3, scene.SizeOf(caught.Log!.Known));
        Assert.Equal((int)scene.Server.Log.Size, scene.SizeOf(caught.Log.Served));
    }

    [Fact]
    public async Task A_witness_that_is_away_or_tells_what_it_did_not_cosign_is_named_and_counts_for_nothing()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        await using var witness = new LogWitness();
        using var device = scene.Liar.Device(
            options => options with { LogPolicy = witness.Policy(scene.Server.Log.Key) });
        using var session = await scene.ReadAsync(device);
        var away = Assert.Single(TestDevice.Value(await session.Log.ScanAsync()).Witnesses);
        Assert.True(away is { Size: null, Reason.Length: > 0 });
        using var other = SigningKey.FromSeed(Hash256.Of([8]).ToArray());
        witness.Cosign(scene.Server.Log.Checkpoint(), other);
        var lying = Assert.Single(TestDevice.Value(await session.Log.ScanAsync()).Witnesses);
        Assert.True(lying is { Size: null, Reason: "what it tells is no checkpoint that it cosigned" });
    }

    [Fact]
    public async Task Another_log_than_the_pinned_one_is_read_by_nobody()
    {
        await using var scene = await LogScene.BeginAsync(fixture);
        await using var witness = new LogWitness();
        using var pinned = new Testing.ForgedLog("log.example/pinned");
        using var device = scene.Liar.Device(options => options with { LogPolicy = witness.Policy(pinned.Key) });
        using var session = await scene.ReadAsync(device);
        Assert.Equal(ProtocolFault.LogCheckpoint, session.Log.Finding?.Fault);
        Assert.Equal(
            ProtocolFault.LogCheckpoint,
            Assert.IsType<ClientFailure.ServerLied>(TestDevice.Failure(await session.Log.ScanAsync())).Fault);
    }

    private sealed class Progress(Action<(int Done, int Of)> told) : IProgress<(int Done, int Of)>
    {
        public void Report((int Done, int Of) value) => told(value);
    }
}
