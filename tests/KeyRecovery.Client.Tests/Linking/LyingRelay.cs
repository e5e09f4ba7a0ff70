using System.Collections.Concurrent;
using System.Net;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>
/// What a server could do with the messages of a session: it sees all of them, and gives each reader what it likes. The
/// real server is behind it.
/// </summary>
internal sealed class LyingRelay
{
    private readonly ConcurrentDictionary<string, byte[]> _sent = new();

    /// <summary>Stands between both devices of a scene and their server.</summary>
    /// <param name="scene">The devices.</param>
    /// <param name="lie">Given a message's name (<c>n0</c>), what its reader gets; null to say that the session is
    /// over.</param>
    public LyingRelay(LinkScene scene, Func<string, IReadOnlyDictionary<string, byte[]>, byte[]?> lie)
    {
        var (phoneEnds, laptopEnds) = (NewEnd(), NewEnd());
        Attach(scene.Phone.Relay, lie, phoneEnds,
            () => Task.WhenAny(laptopEnds.Task, scene.Joining ?? Task.CompletedTask));
        Attach(scene.Laptop.Relay, lie, laptopEnds, () => Task.WhenAny(phoneEnds.Task, scene.Existing));
    }

    /// <summary>The messages of a session by name, as they were sent.</summary>
    public IReadOnlyDictionary<string, byte[]> Sent => _sent;

    private void Attach(
        RelayHandler relay, Func<string, IReadOnlyDictionary<string, byte[]>, byte[]?> lie, TaskCompletionSource ends,
        Func<Task> otherEnds)
    {
        relay.OnRequest = (request, body) =>
        {
            if (request.Method == HttpMethod.Put) _sent[Name(request)] = body;
            return null;
        };
        relay.OnResponse = (request, response) =>
        {
            if (request.Method != HttpMethod.Get || response.StatusCode != HttpStatusCode.OK
                || Name(request) is not { Length: 2 } name) return;
            var told = lie(name, _sent);
            if (told is null) response.StatusCode = HttpStatusCode.NotFound;
            response.Content = new ByteArrayContent(
                told ?? "{\"type\":\"urn:keyrecovery:error:not-found\"}"u8.ToArray());
        };
        // A busy machine must not take the side's last word away before the other has read it.
        relay.BeforeAsync = request =>
        {
            if (request.Method != HttpMethod.Delete) return Task.CompletedTask;
            ends.TrySetResult();
            return _sent.ContainsKey("n1")
                ? Task.WhenAny(otherEnds(), Task.Delay(TimeSpan.FromSeconds(2))) : Task.CompletedTask;
        };
    }

    private static TaskCompletionSource NewEnd() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // v1/links/{id}/{side}/{seq}; a name of another length is no message.
    private static string Name(HttpRequestMessage request) =>
        request.RequestUri!.AbsolutePath.Split('/') is [_, "v1", "links", _, var side, var sequence]
            ? side + sequence : "";
}
