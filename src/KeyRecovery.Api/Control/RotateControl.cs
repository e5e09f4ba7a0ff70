using System.Text.Json;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Reports;
using KeyRecovery.Service.Rotation;

namespace KeyRecovery.Api.Control;

/// <summary><c>{"verb":"rotate"}</c>, with <c>"root":true</c> for the root key.</summary>
internal sealed class RotateControl(Rotations rotations) : IControlVerb
{
    public const string VerbName = "rotate";

    public string Name => VerbName;

    public async Task<string> RunAsync(JsonElement request, Action<string> progress, CancellationToken ct)
    {
        var asked = request.Deserialize(ReportJson.Default.RotateRequest)!;
        var report = asked.Root
            ? await rotations.RunRootAsync(ct) : await rotations.RunAsync(begin: true, new Teller(progress), ct);
        return JsonSerializer.Serialize(report, ReportJson.Default.RotationReport);
    }

    // Reports at once and in order, which Progress<T> does not.
    private sealed class Teller(Action<string> tell) : IProgress<RotationProgress>
    {
        public void Report(RotationProgress value) => tell(RotationLine.Of(value).ToJson());
    }
}
