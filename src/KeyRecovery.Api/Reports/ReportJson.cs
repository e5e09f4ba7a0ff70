using System.Text.Json;
using System.Text.Json.Serialization;

namespace KeyRecovery.Api.Reports;

/// <summary>
/// The JSON that verbs tell with <c>--json</c> and that goes over the control socket: camelCase; unknown members,
/// duplicate members and members in another case are refused.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BackupLine))]
[JsonSerializable(typeof(BackupReport))]
[JsonSerializable(typeof(BackupRequest))]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(ControlLine))]
[JsonSerializable(typeof(MoveReport))]
[JsonSerializable(typeof(RehearsalReport))]
[JsonSerializable(typeof(ReloadReport))]
[JsonSerializable(typeof(ReloadRequest))]
[JsonSerializable(typeof(RestoreReport))]
[JsonSerializable(typeof(RotateRequest))]
[JsonSerializable(typeof(RotationLine))]
[JsonSerializable(typeof(RotationReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
