using System.ComponentModel;
using KeyRecovery.Service.Erasure;

namespace KeyRecovery.Api.Bodies;

/// <summary>How a job stands.</summary>
internal sealed record ErasureJobResponse(
    [property: Description("Its id.")] string Job,
    [property: Description("running or done.")] string State,
    [property: Description("When it was filed last, in Unix seconds.")] ulong RequestedAt,
    [property: Description("How many users it names.")] int Lines,
    int Erased,
    int Unknown,
    int Pending,
    [property: Description("How many, of the erased and the unknown, have an account again.")] int Returned,
    [property: Description("Some of its lines, ascending.")] IReadOnlyList<ErasureLineResponse> Outcomes)
{
    public static ErasureJobResponse Of(string job, ErasureJobReport report) => new(
        job, report.Pending == 0
            ? "done" : "running", report.RequestedAt, report.Lines, report.Erased, report.Unknown, report.Pending,
        report.Returned, [.. report.Outcomes.Select(ErasureLineResponse.Of)]);
}
