using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.LyingServer;

/// <summary>
/// Which byte of a sealed thing a server turns, it learns nothing from what the client does next: the requests that
/// follow are the same ones, byte for byte but for their signatures, whatever was turned.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class ErrorOracleTests(ServerFixture fixture)
{
    /// <summary>Where a piece of a vault stands, and so how a signature or a hash that holds it is broken.</summary>
    private static readonly Dictionary<string, Func<VaultBundle, ReadOnlyMemory<byte>>> Pieces = new()
    {
        ["private"] = told => SignedManifest.Decode(told.Manifest).Manifest.Private,
        ["the seal of one"] = told => Keyset.Decode(told.Keysets[0]).Entries[0].Seal,
        ["the seal of another"] = told => Keyset.Decode(told.Keysets[0]).Entries[1].Seal,
        ["the KEM key of another"] = told => Keyset.Decode(told.Keysets[0]).Entries[1].KemKey.Span.ToArray(),
        ["the key of the epoch before"] = told => Lies.Links(told)[^1].Link.PreviousEpochKey,
    };

    public static TheoryData<string> Vaults => [.. Pieces.Keys];

    [Theory]
    [MemberData(nameof(Vaults))]
    public async Task Z08_every_turned_byte_of_what_a_vault_seals_is_followed_by_the_same_requests(string piece)
    {
        await using var scene = await BeginAsync();
        var truth = await scene.TruthAsync();
        var whole = (truth with { Hashes = [] }).Encode();
        var at = whole.AsSpan().IndexOf(Pieces[piece](truth).Span);
        Assert.True(at > 0);
        var length = Pieces[piece](truth).Length;
        byte[] told = whole;
        scene.Liar.Instead = heard => heard.IsVault ? Vault(told) : null;
        var laptop = scene.Device();
        var stories = await TellAsync(scene, Positions(length).Select(i => Flip(whole, at + i)), async body =>
        {
            told = body;
            Assert.IsType<Result<VaultSession>.Failed>(await scene.OnPhone.RefreshAsync());
            Assert.IsType<Result<RecoverySession>.Failed>(await laptop.Client.BeginRecoveryAsync(scene.Code));
        });
        Assert.DoesNotContain("/v1/repair", Assert.Single(stories), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Z08_every_turned_byte_of_an_item_and_every_wrong_frame_is_followed_by_the_same_requests()
    {
        await using var scene = await BeginAsync();
        byte[] item = [];
        scene.Liar.Lie = (heard, truth) =>
        {
            item = truth.Body;
            return truth;
        };
        TestDevice.Value(await scene.OnPhone.GetAsync("identity"));
        scene.Liar.Lie = null;
        byte[] told = item;
        scene.Liar.Instead = heard => heard.Path.StartsWith("/v1/items/", StringComparison.Ordinal)
            ? new Told(200, told) { ContentType = "application/octet-stream" } : null;
        var flips = Enumerable.Range(0, item.Length).Where(i => i < 124 || i % 17 == 0).Select(i => Flip(item, i));
        Assert.Single(await TellAsync(scene, [.. flips, .. Frames(item)], async body =>
        {
            told = body;
            Assert.Equal(
                new ClientFailure.ServerLied(ProtocolFault.ItemHash),
                TestDevice.Failure(await scene.OnPhone.GetAsync("identity")));
        }));
    }

    [Fact]
    public async Task Z08_every_turned_byte_of_many_items_and_every_wrong_frame_is_followed_by_the_same_requests()
    {
        await using var scene = await BeginAsync();
        byte[] batch = [];
        scene.Liar.Lie = (heard, truth) =>
        {
            batch = truth.Body;
            return truth;
        };
        TestDevice.Value(await scene.OnPhone.GetAllAsync());
        scene.Liar.Lie = null;
        byte[] told = batch;
        scene.Liar.Instead = heard => heard.Path == "/v1/items/read" ? Vault(told) : null;
        var flips = Enumerable.Range(0, batch.Length).Where(i => i < 60 || i % 13 == 0).Select(i => Flip(batch, i));
        Assert.Single(await TellAsync(scene, [.. flips, .. Frames(batch)], async body =>
        {
            told = body;
            TestDevice.Failure(await scene.OnPhone.GetAllAsync());
        }));
    }

    [Fact]
    public async Task Z08_every_turned_byte_of_a_restore_points_seal_is_followed_by_the_same_requests()
    {
        await using var scene = await BeginAsync();
        var info = TestDevice.Value(await scene.OnPhone.ListRestorePointsAsync())[0];
        byte[] point = [];
        var path = $"/v1/restore-points/{info.Manifest}";
        scene.Liar.Lie = (heard, truth) =>
        {
            if (heard.Path == path) point = truth.Body;
            return truth;
        };
        var request = new UndoRequest(info);
        TestDevice.Value(await scene.OnPhone.PlanUndoAsync(request));
        scene.Liar.Lie = null;
        byte[] told = point;
        scene.Liar.Instead = heard => heard.Path == path ? Vault(told) : null;
        var at = point.AsSpan().IndexOf(RestorePoint.Decode(point).Seal.Span);
        Assert.True(at > 0);
        // The key of that epoch is held by the path as well: with it the plan is the same, and nobody is asked more.
        Assert.Single(await TellAsync(
            scene, Positions(KeysetEntry.SealSize).Select(i => Flip(point, at + i)), async body =>
            {
                told = body;
                TestDevice.Value(await scene.OnPhone.PlanUndoAsync(request));
            }));
    }

    [Fact]
    public async Task Z08_every_wrong_frame_of_a_vault_is_followed_by_the_same_requests()
    {
        await using var scene = await BeginAsync();
        var truth = await scene.TruthAsync();
        byte[] told = [];
        scene.Liar.Instead = heard => heard.IsVault ? Vault(told) : null;
        Assert.Single(await TellAsync(scene, Frames((truth with { Hashes = [] }).Encode()), async body =>
        {
            told = body;
            var malformed = new ClientFailure.ServerLied(ProtocolFault.Malformed);
            Assert.Equal(malformed, TestDevice.Failure(await scene.OnPhone.RefreshAsync()));
            Assert.Equal(
                malformed, TestDevice.Failure(await scene.Device().Client.BeginRecoveryAsync(scene.Code)));
        }));
    }

    [Fact]
    public async Task Z08_negative_control_a_client_that_answers_a_turned_byte_with_a_request_of_its_own_is_seen()
    {
        await using var scene = await BeginAsync();
        byte[] told = [];
        scene.Liar.Instead = heard => heard.Path.StartsWith("/v1/items/", StringComparison.Ordinal)
            ? new Told(200, told) : null;
        Assert.Equal(2, (await TellAsync(scene, Enumerable.Range(0, 8).Select(i => Flip(new byte[8], i)), async body =>
        {
            told = body;
            TestDevice.Failure(await scene.OnPhone.GetAsync("identity"));
            if (body[3] != 0) await scene.OnPhone.HistoryAsync("identity");
        })).Count);
    }

    /// <summary>Two epochs, so that there is a key of one before, and two items.</summary>
    private async Task<LiarScene> BeginAsync()
    {
        var scene = await LiarScene.BeginAsync(fixture.Server);
        TestDevice.Value(await scene.OnPhone.PutAsync("another", "content"u8.ToArray()));
        TestDevice.Value(await scene.OnPhone.MendAsync());
        return scene;
    }

    /// <summary>What follows on each answer, without repetitions.</summary>
    internal static async Task<ImmutableHashSet<string>> TellAsync(
        LiarScene scene, IEnumerable<byte[]> answers, Func<byte[], Task> read, Func<Heard, string>? shape = null)
    {
        var stories = ImmutableHashSet.CreateBuilder<string>();
        var count = 0;
        foreach (var answer in answers)
        {
            scene.Liar.Forget();
            await read(answer);
            stories.Add(string.Join("\n\n", scene.Liar.Heard.Select(shape ?? (heard => heard.Shape))));
            count++;
        }
        Assert.True(count > 7);
        return stories.ToImmutable();
    }

    // All of what is short; of what is long the beginning, the end with its tag, and some between.
    internal static IEnumerable<int> Positions(int length) =>
        Enumerable.Range(0, length).Where(i => length < 100 || i < 8 || i >= length - 24 || i % 149 == 0);

    private static IEnumerable<byte[]> Frames(byte[] bytes) =>
    [
        [], bytes[..1], bytes[..(bytes.Length / 2)], bytes[..^1], bytes[1..], [.. bytes, 0], [0, .. bytes],
        [.. bytes, .. bytes], [.. bytes, .. bytes[..16]],
    ];

    internal static byte[] Flip(byte[] bytes, int at)
    {
        var copy = (byte[])bytes.Clone();
        copy[at] ^= (byte)(1 << (at % 8));
        return copy;
    }

    internal static Told Vault(byte[] body) => new(200, body) { ContentType = "application/cbor" };
}
