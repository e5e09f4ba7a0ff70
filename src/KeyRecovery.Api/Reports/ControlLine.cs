using System.Text.Json;
using System.Text.Json.Serialization;

namespace KeyRecovery.Api.Reports;

/// <summary>A line of the control socket's answer. Exactly one member is there.</summary>
/// <param name="Progress">How far it is; more lines follow.</param>
/// <param name="Result">The end.</param>
/// <param name="Error">The end: why it was not even begun.</param>
internal sealed record ControlLine(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Progress = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Result = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error = null);
