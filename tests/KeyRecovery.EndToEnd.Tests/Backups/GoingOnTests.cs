using System.Net;
using System.Text;
using KeyRecovery.Client;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>
/// The way back after a restore loses its answer, and somebody else answers from then on: it is told as unknown,
/// nothing is lost, and the same again finds that it was done.
/// </summary>
public sealed class GoingOnTests : IDisposable
{
    private readonly People _people = new();

    /// <summary>What a network in the way says.</summary>
    public static TheoryData<int, string, string> Strangers => new()
    {
        { 200, "text/html", "<html>log in to the hotel's network</html>" },
        { 404, "text/html", "<html>not here</html>" },
        { 409, "application/problem+json", "{\"type\":\"https://example.org/problems/conflict\"}" },
        { 502, "text/plain", "bad gateway" },
    };

    public void Dispose() => _people.Dispose();

    [NeedsTheory(Need.Faketime)]
    [MemberData(nameof(Strangers))]
    public async Task Its_answer_is_lost_and_a_stranger_answers_and_the_second_call_ends_well(
        int status, string type, string body)
    {
        await using var world = await RestoredSite.MakeAsync(_people);
        var (stays, removed) = (world.Device(), world.Device());
        using (await stays.RecoverAsync(world.Person.Code, name: "desktop")) { }
        using (await removed.RecoverAsync(world.Person.Code, name: "stolen")) { }
        await world.BackupAsync();
        using (var vault = await world.Person.Device.OpenAsync())
            TestDevice.Value(await vault.RevokeAsync(new RevocationRequest(
                [vault.Authorities.Single(a => a.Name == "stolen").Id])));
        await world.RestoreAsync("data");
        using (await stays.OpenAsync()) { }
        await world.RestartAsync(ahead: TimeSpan.FromHours(80));
        ulong epoch;
        using (var vault = await stays.OpenAsync())
        {
            epoch = vault.Epoch;
            var isIn = false;
            stays.Relay.OnResponse = (request, answer) =>
            {
                isIn |= request.Method == HttpMethod.Post && request.RequestUri!.AbsolutePath == "/v1/repair";
                if (isIn) Replace(answer);
            };

            var failure = TestDevice.Failure(await vault.GoOnAsync());

            Assert.True(isIn);
            Assert.True(failure.MayBeDone, failure.ToString());
            stays.Relay.OnResponse = null;
        }

        using var again = await stays.OpenAsync();
        TestDevice.Value(await again.GoOnAsync());
        Assert.Null(again.Behind);
        Assert.Equal(epoch + 1, again.Epoch);
        Assert.DoesNotContain(again.Authorities, a => a.Name == "stolen");
        Assert.Equal(world.Person.Content, TestDevice.Value(await again.GetAsync("item")));
        TestDevice.Value(await again.PutAsync("item", "goes on"u8.ToArray()));

        void Replace(HttpResponseMessage answer)
        {
            answer.StatusCode = (HttpStatusCode)status;
            answer.Headers.Clear();
            answer.Content = new StringContent(body, Encoding.UTF8, type);
        }
    }
}
