using System.Text;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Azure.Blobs;
using KeyRecovery.Storage.Azure.Fence;
using KeyRecovery.Storage.Azure.Log;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Places;

/// <summary>Each fault at each request: what is acknowledged is there, what is not can be done again.</summary>
public sealed class BlobFaultTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private string? _container;

    [NeedsFact(Need.Azurite)]
    public Task Putting_files_is_done_or_refused_whatever_becomes_of_a_request() => RunAsync(
        async (place, seed) => Assert.Null(await new BlobLogFiles(place).PutAsync(Files(seed), default)),
        async (place, seed) =>
        {
            foreach (var (name, content) in Files(seed))
                Assert.Equal(content.ToArray(), await new BlobLogFiles(place).GetAsync(name, default));
        });

    [NeedsFact(Need.Azurite)]
    public Task Publishing_is_done_or_refused_whatever_becomes_of_a_request() => RunAsync(
        async (place, seed) =>
        {
            var note = Encoding.ASCII.GetBytes(seed);
            // The second time it is its own.
            var published = await new BlobLogFiles(place).PublishAsync(
                note, before => before is null || !before.AsSpan().SequenceEqual(note), default);
            Assert.True(published || Encoding.ASCII.GetString(
                (await new BlobLogFiles(place).CheckpointAsync(default))!) == seed);
        },
        async (place, seed) => Assert.Equal(
            seed, Encoding.ASCII.GetString((await new BlobLogFiles(place).CheckpointAsync(default))!)));

    [NeedsFact(Need.Azurite)]
    public Task Appending_tombstones_is_done_or_refused_whatever_becomes_of_a_request() => RunAsync(
        async (place, seed) => await new BlobTombstones(place).AppendAsync([Tombstone(seed)], default),
        async (place, seed) => Assert.Contains(
            Tombstone(seed), await new BlobTombstones(place).ReadAsync(default)));

    [NeedsFact(Need.Azurite)]
    public Task Reading_tombstones_gives_all_of_them_or_none_whatever_becomes_of_a_request() => RunAsync(
        async (place, seed) =>
        {
            await new BlobTombstones(azurite.Open(_container!)).AppendAsync([Tombstone(seed)], default);
            Assert.Contains(Tombstone(seed), await new BlobTombstones(place).ReadAsync(default));
        },
        (_, _) => Task.CompletedTask);

    [NeedsFact(Need.Azurite)]
    public Task Retiring_a_log_begins_one_and_not_two_whatever_becomes_of_a_request() => RunAsync(
        async (place, seed) =>
        {
            var files = new BlobLogFiles(place);
            if (await files.GetAsync(seed, default) is not null) await files.RetireAsync(default);
        },
        async (place, seed) => Assert.Null(await new BlobLogFiles(place).GetAsync(seed, default)),
        async (place, seed) => await new BlobLogFiles(place).PutAsync([new LogFile(seed, new byte[1])], default));

    [NeedsFact(Need.Azurite)]
    public async Task A_blob_that_somebody_changed_is_not_taken_for_a_list_of_tombstones()
    {
        var container = await azurite.NewContainerAsync();
        var (place, list) = (azurite.Open(container), new BlobTombstones(azurite.Open(container)));
        await list.AppendAsync([Tombstone("a")], default);
        Assert.True(await place.PutNewAsync("tombstones/elsewhere", new byte[65], default));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await list.ReadAsync(default));
    }

    [Theory]
    [InlineData("no tag")]
    [InlineData("any tag")]
    [InlineData("cut short")]
    [InlineData("endless")]
    [InlineData("redirect")]
    [InlineData("garbage")]
    public async Task An_answer_that_was_made_up_is_an_answer_that_is_missing(string what)
    {
        var asked = new List<string>();
        var options = BlobPlace.Options();
        options.Retry.MaxRetries = 0;
        options.Transport = new MadeAnswers(asked, request => what switch
        {
            "no tag" => Blob(3, null),
            "any tag" => Blob(3, "*"),
            "cut short" => Blob(300, "\"1\""),
            "endless" => Blob(long.MaxValue, "\"1\""),
            "redirect" => new MadeResponse(302).With("Location", "http://169.254.169.254/metadata"),
            _ => new MadeResponse(200, null, "<EnumerationResults>"u8.ToArray()),
        });
        var place = new BlobPlace(new BlobContainerClient(new Uri("https://blobs.example/log"), options));
        var before = GC.GetTotalAllocatedBytes();
        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await place.ReadAsync("a", BlobPlace.MaxSize, default));
        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await new BlobTombstones(place).ReadAsync(default));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
        Assert.All(asked, host => Assert.Equal("blobs.example", host));
    }

    private async Task RunAsync(
        Func<BlobPlace, string, Task> act, Func<BlobPlace, string, Task> check,
        Func<BlobPlace, string, Task>? prepare = null)
    {
        foreach (var fault in Enum.GetValues<BlobFault>())
        {
            foreach (var retries in new[] { 0, 3 })
            {
                var wasReached = true;
                for (var at = 0; wasReached; at++)
                {
                    _container = await azurite.NewContainerAsync();
                    var clean = azurite.Open(_container);
                    var (policy, seed) = (new FaultPolicy(fault, at), $"{fault} {retries} {at}");
                    if (prepare is not null) await prepare(clean, seed);
                    try
                    {
                        await act(azurite.Open(_container, policy, retries), seed);
                    }
                    catch (StoreUnavailableException)
                    {
                        await act(clean, seed);
                    }

                    await check(clean, seed);
                    wasReached = policy.WasReached;
                }
            }
        }
    }

    private static LogFile[] Files(string seed) =>
        [.. Enumerable.Range(0, 3).Select(i => new LogFile($"tile/{seed}/{i}", Encoding.ASCII.GetBytes(seed + i)))];

    private static Hash256 Tombstone(string seed) => Hash256.Of(Encoding.ASCII.GetBytes(seed));

    private static MadeResponse Blob(long length, string? tag)
    {
        var response = new MadeResponse(200, null, new byte[3]).With("Content-Length", $"{length}");
        return tag is null ? response : response.With("ETag", tag);
    }

    private sealed class MadeAnswers(List<string> asked, Func<Request, Response> answer) : HttpPipelineTransport
    {
        private readonly HttpClientTransport _requests = new();

        public override Request CreateRequest() => _requests.CreateRequest();

        public override void Process(HttpMessage message) => throw new NotSupportedException("nothing waits here");

        public override ValueTask ProcessAsync(HttpMessage message)
        {
            asked.Add(message.Request.Uri.Host!);
            message.Response = answer(message.Request);
            return default;
        }
    }
}
