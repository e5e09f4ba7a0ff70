using System.Text.Json;
using System.Text.Json.Serialization;
using KeyRecovery.Api.Backups;
using KeyRecovery.Api.Control;
using KeyRecovery.Api.Endpoints;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Verbs;

namespace KeyRecovery.Api.Http;

/// <summary>
/// The JSON of the API: camelCase; unknown members, duplicate members and members in another case are refused; at most
/// 16 levels deep; bytes are unpadded base64url.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuditKeyResponse))]
[JsonSerializable(typeof(BackupLine))]
[JsonSerializable(typeof(BackupReport))]
[JsonSerializable(typeof(BackupRequest))]
[JsonSerializable(typeof(Binary))]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(ClaimLinkRequest))]
[JsonSerializable(typeof(ConfigResponse))]
[JsonSerializable(typeof(ControlLine))]
[JsonSerializable(typeof(DevelopmentTokenRequest))]
[JsonSerializable(typeof(DevelopmentTokenResponse))]
[JsonSerializable(typeof(ErasureJobAccepted))]
[JsonSerializable(typeof(ErasureJobResponse))]
[JsonSerializable(typeof(ErasureLine))]
[JsonSerializable(typeof(ErasureResponse))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(HeadsResponse))]
[JsonSerializable(typeof(LinkNameplateResponse))]
[JsonSerializable(typeof(LinkSessionResponse))]
[JsonSerializable(typeof(OpenLinkRequest))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(RealmResponse))]
[JsonSerializable(typeof(RecoverySlotsResponse))]
[JsonSerializable(typeof(RehearsalReport))]
[JsonSerializable(typeof(RepairResponse))]
[JsonSerializable(typeof(RestoreReport))]
[JsonSerializable(typeof(RotateRequest))]
[JsonSerializable(typeof(RotationLine))]
[JsonSerializable(typeof(RotationReport))]
[JsonSerializable(typeof(VersionsResponse))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Makes the framework's options those of <see cref="JsonSerializerOptions.Strict"/>.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        var strict = JsonSerializerOptions.Strict;
        options.AllowDuplicateProperties = strict.AllowDuplicateProperties;
        options.UnmappedMemberHandling = strict.UnmappedMemberHandling;
        options.PropertyNameCaseInsensitive = strict.PropertyNameCaseInsensitive;
        options.RespectNullableAnnotations = strict.RespectNullableAnnotations;
        options.RespectRequiredConstructorParameters = strict.RespectRequiredConstructorParameters;
        options.NumberHandling = strict.NumberHandling;
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.MaxDepth = 16;
        options.TypeInfoResolverChain.Clear();
        options.TypeInfoResolverChain.Add(Default);
    }
}
