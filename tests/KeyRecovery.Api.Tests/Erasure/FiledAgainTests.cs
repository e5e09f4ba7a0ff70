using System.Buffers.Text;
using System.Net;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit;

namespace KeyRecovery.Api.Tests.Erasure;

/// <summary>
/// F23: whoever has come back is told to the operator who files their list again, and erased by a job that is filed
/// after the first.
/// </summary>
public sealed class FiledAgainTests
{
    [Fact]
    public async Task F23_the_answer_says_who_has_come_back_and_again_names_another_job()
    {
        await using var host = await TestHost.StartAsync();
        var token = await Officer.TokenAsync(host, "demo");
        await TestAccount.CreateAsync(host, subject: "anna");
        var (first, before) = await RunAsync(null);
        Assert.Equal((1, 1, 0), Counts(before));
        Assert.All(Lines(before), line => Assert.False(line.TryGetProperty("returned", out _)));

        var anna = await TestAccount.CreateAsync(host, subject: "anna");
        await TestAccount.CreateAsync(host, subject: "ben");
        var (same, told) = await RunAsync(null);
        Assert.Equal(first, same);
        Assert.Equal((1, 1, 2), Counts(told));
        Assert.Equal(["erased", "unknown"], Lines(told).Select(line => line.GetProperty("outcome").GetString()));
        Assert.All(Lines(told), line => Assert.True(line.GetProperty("returned").GetBoolean()));
        Assert.Equal(Erasure(before), Erasure(told));
        Assert.False(Lines(told)[1].TryGetProperty("receipt", out _));
        using (var lives = await anna.SendAsync(anna.Phone, HttpMethod.Get, "/v1/vault"))
            Assert.Equal(HttpStatusCode.OK, lives.StatusCode);

        var (second, erased) = await RunAsync(first);
        Assert.NotEqual(first, second);
        Assert.Equal((2, 0, 0), Counts(erased));
        Assert.NotEqual(Erasure(before), Erasure(erased));
        using (var gone = await anna.SendAsync(anna.Phone, HttpMethod.Get, "/v1/vault"))
            await ProblemAssert.IsAsync(gone, HttpStatusCode.Gone, "erased");
        Assert.Equal(second, (await RunAsync(first)).Job);

        async Task<(string Job, JsonElement Report)> RunAsync(string? again)
        {
            using var filed = await Officer.FileAfterAsync(host, token, again, "anna", "ben");
            var job = await Officer.JobAsync(filed);
            return (job, await Officer.DoneAsync(host, token, job));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("true")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA%3D%3D")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA&again=AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task F23_what_is_no_jobs_id_makes_no_job(string again)
    {
        await using var host = await TestHost.StartAsync();
        var account = await TestAccount.CreateAsync(host, subject: "anna");
        using (var answer = await Officer.FileAfterAsync(
            host, await Officer.TokenAsync(host, "demo"), again, account.Subject))
            await ProblemAssert.IsAsync(answer, HttpStatusCode.BadRequest, "malformed", "again");
        using var lives = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/vault");
        Assert.Equal(HttpStatusCode.OK, lives.StatusCode);
    }

    private static (int Erased, int Unknown, int Returned) Counts(JsonElement report) =>
        (report.GetProperty("erased").GetInt32(), report.GetProperty("unknown").GetInt32(),
            report.GetProperty("returned").GetInt32());

    // A receipt gets its proof later, and is the same one.
    private static ErasureId Erasure(JsonElement report) => SignedErasureReceipt.Decode(
        Base64Url.DecodeFromChars(Lines(report)[0].GetProperty("receipt").GetString())).Receipt.Id;

    private static List<JsonElement> Lines(JsonElement report) => [.. report.GetProperty("outcomes").EnumerateArray()];
}
