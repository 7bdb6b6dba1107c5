Add-Type -AssemblyName System.Speech; $v = New-Object System.Speech.Synthesis.SpeechSynthesizer; $v.SetOutputToWaveFile($env:COURSE_VOICE); $v.Speak([Console]::In.ReadToEnd()); $v.Dispose()
